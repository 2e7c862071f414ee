import type { StartError } from '#api/pilot-failures.ts';
import type { Pod } from '#kube/resource.ts';
import { milliseconds } from '#spec/fields.ts';
import { containerOf } from './pilot-pods.ts';

/** What the cluster reports of a pod that does not start. */
export interface StartProblem {
  readonly reason: string;
  readonly message: string;
}

/** A problem for which the group has a rule, and what that says. */
export interface RuledProblem extends StartProblem {
  readonly action: StartError['action'];
  /** How long the problem may last, milliseconds. */
  readonly grace: number;
}

/** Reasons for waiting that are not errors. */
const ordinary = new Set(['ContainerCreating', 'PodInitializing']);
const noneOrdinary: ReadonlySet<string> = new Set();

/**
 * The problem of a pod that has not started yet, by the first rule that fits; undefined where there is no rule for it.
 * @param reported what an Event says of the pod: the kubelet reports mounts and pull secrets nowhere else
 */
export function ruledProblemOf(
  pod: Pod,
  rules: readonly StartError[],
  reported?: StartProblem,
): RuledProblem | undefined {
  for (const { reason, message } of [...(reported === undefined ? [] : [reported]), ...problemsOf(pod)]) {
    const rule = rules.find((each) => fits(each, reason, message));
    if (rule !== undefined) return { reason, message, action: rule.action, grace: milliseconds(rule.grace) };
  }
  return undefined;
}

/** What the status of a pod's container reports; undefined while the pod is merely on its way. */
export function containerProblemOf(pod: Pod): StartProblem | undefined {
  const waiting = containerOf(pod)?.state?.waiting;
  return waiting === undefined ? undefined : problemIn(waiting, ordinary)[0];
}

function problemsOf(pod: Pod): readonly StartProblem[] {
  const own = containerProblemOf(pod);
  const container = own === undefined ? [] : [own];
  // That no node is found has a deadline of its own.
  const conditions = (pod.status?.conditions ?? []).filter(
    (each) => each.status === 'False' && each.type !== 'PodScheduled',
  );
  return [...container, ...conditions.flatMap((each) => problemIn(each, noneOrdinary))];
}

function problemIn(
  said: { readonly reason?: string; readonly message?: string },
  ordinaryReasons: ReadonlySet<string>,
): readonly StartProblem[] {
  const { reason, message = '' } = said;
  return reason === undefined || ordinaryReasons.has(reason) ? [] : [{ reason, message }];
}

function fits({ reasons, messages }: StartError, reason: string, message: string): boolean {
  const text = message.toLowerCase();
  if (reasons !== undefined && !reasons.includes(reason)) return false;
  return messages === undefined || messages.some((part) => text.includes(part.toLowerCase()));
}
