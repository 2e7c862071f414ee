import type { ReservedNumbers } from '#api/glidein-group-status.ts';
import type { RuntimeState } from '#fleet/phase.ts';
import type { Plan } from '#fleet/plan.ts';
import type { KnownDemand } from '#fleet/pool-demand.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { proofOfDeath } from '../pods/end.ts';
import { isReserved, numberOf } from '../pods/numbers.ts';
import { startTroubleOf } from '../pods/start-errors.ts';
import type { GroupContext } from './context.ts';
import { isOutdated } from './outdated.ts';

/** A pilot that has no node, or has ended: its pod tells all that is to be known. */
type StoppedPilot = GroupPilot & {
  readonly runtime: { readonly state: 'Unscheduled' } | Extract<RuntimeState, { readonly state: 'Ended' }>;
};

/**
 * A pod to delete, and why. One that has a node may be at work, which only its pool can tell: what its kubelet said last
 * may be old. Without a fresh answer of the pool there is no such removal.
 */
export type Removal = {
  readonly reason: string;
  /** Whether the breaker counts it. */
  readonly failed: boolean;
} & (
  | { readonly pilot: StoppedPilot; readonly witness?: undefined; readonly byForce: false }
  | {
      readonly pilot: GroupPilot;
      readonly witness: KnownDemand;
      /** Delete the object although nobody has proved that its processes are dead. */
      readonly byForce: boolean;
    }
);

/** Whether a removal may be carried out now: some time has passed since it was planned. */
export function isStillRight({ pilot, witness }: Removal): boolean {
  if (witness === undefined) return true;
  if (!witness.isFresh || witness.last.byUid.has(pilot.uid)) return false;
  return pilot.runtime.state !== 'Running' || witness.unregisteredFor(pilot.uid) > 0;
}

const isStopped = (pilot: GroupPilot): pilot is StoppedPilot =>
  pilot.runtime.state === 'Ended' || (pilot.runtime.state === 'Unscheduled' && !pilot.everRegistered);

/**
 * Milliseconds for which a pod that has ended stays at least. A creation that was sent before and arrives late would
 * otherwise find the name free and make the pilot a second time.
 */
const leastKept = 60_000;

/** Failed pods that are kept as evidence, and for how long. */
const evidence = { pods: 5, milliseconds: 3_600_000 };

/** After so many milliseconds a pod is removed also if its pool was never told of its end: the pool may not exist. */
const patience = 600_000;

/** Everything that is to be deleted now. A pod whose number is still reserved stays: it could be created once more. */
export function removalsOf(
  context: GroupContext,
  pilots: readonly GroupPilot[],
  plan: Plan,
  reserved: ReservedNumbers,
  digest: string | undefined,
): readonly Removal[] {
  const byUid = new Map<string, Removal>();
  const all = [
    ...overdue(pilots, plan),
    ...unstartable(context, pilots),
    ...unwanted(context, pilots, digest),
    ...ended(context, pilots),
  ];
  for (const removal of all) {
    const number = numberOf(context.group.metadata.name, removal.pilot.name);
    const mayReturn = number !== undefined && isReserved(reserved, number);
    if (!mayReturn && !byUid.has(removal.pilot.uid)) byUid.set(removal.pilot.uid, removal);
  }
  return [...byUid.values()];
}

function overdue(pilots: readonly GroupPilot[], { remove }: Plan): Removal[] {
  return remove.flatMap(({ uid, reason, witness }): Removal[] => {
    const pilot = pilots.find((each) => each.uid === uid);
    if (pilot === undefined) return [];
    // That a cluster is full is nobody's failure, nor is a node that does not end what it was told to end.
    const byForce = pilot.runtime.state === 'Terminating';
    if (witness !== undefined) return [{ pilot, reason, failed: !byForce, byForce, witness }];
    return isStopped(pilot) ? [{ pilot, reason, failed: false, byForce: false }] : [];
  });
}

/** Pilots with an error that stood for longer than the group's rules give it. */
function unstartable({ memory, spec, parts }: GroupContext, pilots: readonly GroupPilot[]): Removal[] {
  const now = parts.clock.monotonic();
  return pilots.flatMap((pilot): Removal[] => {
    const isOnItsWay = pilot.phase === 'Pulling' || pilot.phase === 'Starting';
    const trouble = isOnItsWay
      ? startTroubleOf(pilot.pod, spec.startErrors, memory.complaints.get(pilot.uid))
      : undefined;
    if (trouble === undefined) {
      memory.troubleSince.delete(pilot.uid);
      return [];
    }
    const since = memory.troubleSince.get(pilot.uid) ?? now;
    memory.troubleSince.set(pilot.uid, since);
    const { demand: witness } = pilot;
    if (now - since < trouble.grace || !witness.known || pilot.everRegistered) return [];
    const reason = `${trouble.reason}: ${trouble.message}`;
    return [{ pilot, reason, failed: trouble.action === 'Fail', byForce: false, witness }];
  });
}

/** Pods that have no node yet and that nobody would create now: they were made for another specification. */
function unwanted(
  { spec }: GroupContext,
  pilots: readonly GroupPilot[],
  digest: string | undefined,
): Removal[] {
  return pilots
    .filter(isStopped)
    .filter(({ phase }) => phase === 'Unscheduled')
    .flatMap((pilot): Removal[] => {
      const reason = spec.suspend
        ? 'the group is suspended'
        : isOutdated(pilot, digest)
          ? 'the group’s specification has changed'
          : undefined;
      return reason === undefined ? [] : [{ pilot, reason, failed: false, byForce: false }];
    });
}

function ended({ parts }: GroupContext, pilots: readonly GroupPilot[]): Removal[] {
  const old = pilots.filter(isStopped).filter(({ phase, forMilliseconds, pod, uid, registered }) => {
    if ((phase !== 'Gone' && phase !== 'Failed') || forMilliseconds < leastKept) return false;
    if (pod.metadata.deletionTimestamp !== undefined) return false;
    // Nobody saw its processes end, and its pool still waits for it: the pod says so as long as it is there.
    if (proofOfDeath(pod) === undefined) return registered === undefined;
    return parts.deaths.isTold(uid) || forMilliseconds > patience;
  });
  const failed = old
    .filter(({ phase }) => phase === 'Failed')
    .sort((a, b) => a.forMilliseconds - b.forMilliseconds);
  const kept = new Set(
    failed.slice(0, evidence.pods).filter((pilot) => pilot.forMilliseconds < evidence.milliseconds),
  );
  return old
    .filter((pilot) => !kept.has(pilot))
    .map((pilot) => ({ pilot, reason: 'it has ended', failed: false, byForce: false }));
}
