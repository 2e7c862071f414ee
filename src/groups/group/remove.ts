import type { ReservedNumbers } from '#api/glidein-group-status.ts';
import type { Deaths } from '#backend/deaths.ts';
import type { RuntimeState } from '#fleet/phase.ts';
import type { Plan } from '#fleet/plan.ts';
import type { KnownDemand } from '#fleet/pool-demand.ts';
import type { PilotHistory } from '../pilots/history.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { isOutdated } from '../pods/digest.ts';
import { proofOfDeath } from '../pods/end.ts';
import { isReserved, numberOf } from '../pods/numbers.ts';
import { ruledProblemOf, type StartProblem } from '../pods/start-errors.ts';
import type { CurrentGroup } from './current-group.ts';

/** A pilot that has no node, or has ended: its pod tells all there is to know. */
type StoppedPilot = GroupPilot & {
  readonly runtime: { readonly state: 'Unscheduled' } | Extract<RuntimeState, { readonly state: 'Ended' }>;
};

/**
 * A pod to delete, and why. A pilot with a node may be working, and only its pool can tell: the kubelet's last word may be
 * old. Without a fresh answer of the pool there is no such removal.
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

/** Whether a removal may still be carried out: time has passed since it was planned. */
export function isStillRight({ pilot, witness }: Removal): boolean {
  if (witness === undefined) return true;
  if (!witness.isFresh || witness.last.byUid.has(pilot.uid)) return false;
  return pilot.runtime.state !== 'Running' || witness.unregisteredFor(pilot.uid) > 0;
}

const isStopped = (pilot: GroupPilot): pilot is StoppedPilot =>
  pilot.runtime.state === 'Ended' || (pilot.runtime.state === 'Unscheduled' && !pilot.everRegistered);

/**
 * How long an ended pod stays at least, milliseconds. Otherwise a late request to create it would find the name free, and
 * create the pilot a second time.
 */
const leastKept = 60_000;

/** Failed pods that are kept as evidence, and for how long. */
const evidence = { pods: 5, milliseconds: 3_600_000 };

/** Milliseconds after which an ended pod is removed even if its pool was never told: the pool may not exist. */
const patience = 600_000;

interface RemovalSources {
  readonly history: Pick<PilotHistory, 'stuckFor' | 'unstuck'>;
  /** What Events report of pods that do not start, by uid. */
  readonly reported: ReadonlyMap<string, StartProblem>;
  readonly deaths: Pick<Deaths, 'isTold'>;
  /** Monotonic milliseconds. */
  readonly now: number;
}

/**
 * Everything that is to be deleted now. This program deletes a pilot for these reasons and no others:
 *
 * | the pilot                                         | is deleted                                  | breaker counts it     |
 * |---------------------------------------------------|---------------------------------------------|-----------------------|
 * | missed the deadline to find a node                | at once                                     | no                    |
 * | missed a later one, such as to register           | when its pool's answer shows it             | yes                   |
 * | was told to end and did not by the deadline       | by force, when its pool does not have it    | no                    |
 * | has a start error for longer than its rule allows | when its pool answers and never had it      | if the rule says Fail |
 * | has no node, and its group is suspended           | at once                                     | no                    |
 * | has no node, and its group has changed            | at once                                     | no                    |
 * | has ended                                         | after a minute, when its pool was told      | no                    |
 * | has failed                                        | as above, but the newest five after an hour | no                    |
 *
 * `fleet/plan.ts` knows the deadlines. A pod whose number is still reserved stays in any case, since it could be created
 * once more. The cluster collects the pods of a deleted group.
 */
export function removalsOf(
  { group, spec }: Pick<CurrentGroup, 'group' | 'spec'>,
  pilots: readonly GroupPilot[],
  plan: Pick<Plan, 'remove'>,
  reserved: ReservedNumbers,
  digest: string | undefined,
  sources: RemovalSources,
): readonly Removal[] {
  const byUid = new Map<string, Removal>();
  const all = [
    ...overdue(pilots, plan),
    ...unstartable(spec, pilots, sources),
    ...unwanted(spec, pilots, digest),
    ...ended(pilots, sources),
  ];
  for (const removal of all) {
    const number = numberOf(group.metadata.name, removal.pilot.name);
    const mayReturn = number !== undefined && isReserved(reserved, number);
    if (!mayReturn && !byUid.has(removal.pilot.uid)) byUid.set(removal.pilot.uid, removal);
  }
  return [...byUid.values()];
}

function overdue(pilots: readonly GroupPilot[], { remove }: Pick<Plan, 'remove'>): Removal[] {
  return remove.flatMap(({ uid, reason, witness }): Removal[] => {
    const pilot = pilots.find((each) => each.uid === uid);
    if (pilot === undefined) return [];
    // A full cluster is nobody's failure, nor is a node that does not end what it was told to end.
    const byForce = pilot.runtime.state === 'Terminating';
    if (witness !== undefined) return [{ pilot, reason, failed: !byForce, byForce, witness }];
    return isStopped(pilot) ? [{ pilot, reason, failed: false, byForce: false }] : [];
  });
}

/** Pilots with a start error that has lasted longer than the group's rules allow. */
function unstartable(
  { startErrors }: Pick<CurrentGroup['spec'], 'startErrors'>,
  pilots: readonly GroupPilot[],
  { history, reported, now }: RemovalSources,
): Removal[] {
  return pilots.flatMap((pilot): Removal[] => {
    const isOnItsWay = pilot.phase === 'Pulling' || pilot.phase === 'Starting';
    const problem = isOnItsWay ? ruledProblemOf(pilot.pod, startErrors, reported.get(pilot.uid)) : undefined;
    if (problem === undefined) {
      history.unstuck(pilot.uid);
      return [];
    }
    const stuckFor = history.stuckFor(pilot.uid, now);
    const { demand: witness } = pilot;
    if (stuckFor < problem.grace || !witness.known || pilot.everRegistered) return [];
    const reason = `${problem.reason}: ${problem.message}`;
    return [{ pilot, reason, failed: problem.action === 'Fail', byForce: false, witness }];
  });
}

/** Pods without a node that nobody would create now. */
function unwanted(
  { suspend }: Pick<CurrentGroup['spec'], 'suspend'>,
  pilots: readonly GroupPilot[],
  digest: string | undefined,
): Removal[] {
  return pilots
    .filter(isStopped)
    .filter(({ phase }) => phase === 'Unscheduled')
    .flatMap((pilot): Removal[] => {
      const changed = isOutdated(pilot.pod, digest) ? 'the group’s specification has changed' : undefined;
      const reason = suspend ? 'the group is suspended' : changed;
      return reason === undefined ? [] : [{ pilot, reason, failed: false, byForce: false }];
    });
}

function ended(pilots: readonly GroupPilot[], { deaths }: RemovalSources): Removal[] {
  const old = pilots.filter(isStopped).filter(({ phase, forMilliseconds, pod, uid, registered }) => {
    if ((phase !== 'Gone' && phase !== 'Failed') || forMilliseconds < leastKept) return false;
    if (pod.metadata.deletionTimestamp !== undefined) return false;
    // Nobody saw its processes end while its pool still waits for it: only the pod can still prove it.
    if (proofOfDeath(pod) === undefined) return registered === undefined;
    return deaths.isTold(uid) || forMilliseconds > patience;
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
