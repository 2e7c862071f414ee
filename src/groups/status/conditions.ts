import type { Condition } from '#api/condition.ts';

/** What is said of an object now; when it became so is found out by comparing. */
export interface Finding {
  readonly type: string;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** The conditions that a status carries: the time of one whose status stays, stays. Messages are cut to their room. */
export function conditionsOf(
  findings: readonly Finding[],
  before: readonly Condition[] | undefined,
  now: string,
  observedGeneration: number,
): Condition[] {
  return findings.map((finding) => {
    const old = before?.find(({ type }) => type === finding.type);
    const lastTransitionTime = old?.status === finding.status ? old.lastTransitionTime : now;
    return { ...finding, message: finding.message.slice(0, 2048), lastTransitionTime, observedGeneration };
  });
}
