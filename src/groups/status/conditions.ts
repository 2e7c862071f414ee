import type { Condition } from '#api/condition.ts';
import { truncate } from '#base/truncate.ts';

/** What keeps something from coming: a word for programs, and a sentence with what to do about it. */
export interface Fault {
  readonly reason: string;
  readonly message: string;
}

/** A condition as it is now; comparing with the last status tells since when. */
export interface Finding extends Fault {
  readonly type: string;
  readonly status: Condition['status'];
}

/** The conditions that a status carries. One whose status has not changed keeps its time; messages are cut to fit. */
export function conditionsOf(
  findings: readonly Finding[],
  before: readonly Condition[] | undefined,
  now: string,
  observedGeneration: number,
): Condition[] {
  return findings.map((finding) => {
    const old = before?.find(({ type }) => type === finding.type);
    const lastTransitionTime = old?.status === finding.status ? old.lastTransitionTime : now;
    return { ...finding, message: truncate(finding.message, 2048), lastTransitionTime, observedGeneration };
  });
}
