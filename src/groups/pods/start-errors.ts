import type { StartError } from '#api/start-errors.ts';
import type { Pod } from '#kube/resource.ts';
import { milliseconds } from '#spec/fields.ts';
import { containerOf } from './state.ts';

/** An error that keeps a pod from starting, and what the group's rules say of it. */
export interface StartTrouble {
  readonly reason: string;
  readonly message: string;
  readonly action: StartError['action'];
  /** Milliseconds for which it may stand. */
  readonly grace: number;
}

/** Waiting reasons that are no errors. */
const ordinary = new Set(['ContainerCreating', 'PodInitializing']);
const noneOrdinary: ReadonlySet<string> = new Set();

/**
 * The trouble of a pod that has not started yet, by the first rule that fits; undefined where no rule speaks.
 * @param heard what an Event says of the pod: the kubelet tells of mounts and pull secrets nowhere else
 */
export function startTroubleOf(
  pod: Pod,
  rules: readonly StartError[],
  heard?: Complaint,
): StartTrouble | undefined {
  for (const { reason, message } of [...(heard === undefined ? [] : [heard]), ...complaints(pod)]) {
    const rule = rules.find((each) => fits(each, reason, message));
    if (rule !== undefined) return { reason, message, action: rule.action, grace: milliseconds(rule.grace) };
  }
  return undefined;
}

/** What the cluster says of a pod that does not start. */
export type Complaint = Pick<StartTrouble, 'reason' | 'message'>;

/** What the status of a pod's container complains of; undefined while it is merely on its way. */
export function complaintOf(pod: Pod): Complaint | undefined {
  const waiting = containerOf(pod)?.state?.waiting;
  return waiting === undefined ? undefined : complaint(waiting, ordinary)[0];
}

function complaints(pod: Pod): readonly Complaint[] {
  const own = complaintOf(pod);
  const container = own === undefined ? [] : [own];
  // That no node is found has a deadline of its own.
  const conditions = (pod.status?.conditions ?? []).filter(
    (each) => each.status === 'False' && each.type !== 'PodScheduled',
  );
  return [...container, ...conditions.flatMap((each) => complaint(each, noneOrdinary))];
}

function complaint(
  said: { readonly reason?: string; readonly message?: string },
  ordinaryReasons: ReadonlySet<string>,
): readonly Complaint[] {
  const { reason, message = '' } = said;
  return reason === undefined || ordinaryReasons.has(reason) ? [] : [{ reason, message }];
}

function fits({ reasons, messages }: StartError, reason: string, message: string): boolean {
  const text = message.toLowerCase();
  if (reasons !== undefined && !reasons.includes(reason)) return false;
  return messages === undefined || messages.some((part) => text.includes(part.toLowerCase()));
}
