import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import { milliseconds } from '#spec/fields.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import type { CureContext } from '../pods/fault-table.ts';
import { startFault, whyUnscheduled } from '../pods/faults.ts';
import { ruledProblemOf, type StartProblem } from '../pods/start-errors.ts';
import type { Fault } from '../status/conditions.ts';
import type { CurrentGroup } from './current-group.ts';
import type { GroupPlan } from './plan.ts';

/** Everything that the conditions of a group say, as data of one moment: all are derived from it, so they agree. */
export interface GroupSnapshot {
  readonly suspended: boolean;
  /** Why no pod can be made: a specification that cannot be used, something missing, no isolation. */
  readonly blocker: Fault | undefined;
  /** Why the API server refuses pods of the group. */
  readonly refusal: Fault | undefined;
  /** What the breaker holds back, and until when, in a sentence; undefined while it is closed. */
  readonly breaker: string | undefined;
  /** Why the first of the pilots on their way cannot start, with its name. */
  readonly start: Fault | undefined;
  /** Why the first of the pilots without a node has none, with its name. */
  readonly unscheduled: Fault | undefined;
  /** `NAME: REASON` of the pilot that failed last. */
  readonly lastFailure: string | undefined;
  /** Nodes that pilots keep away from. */
  readonly avoided: readonly string[];
  /** How pilots are isolated, and why not better. */
  readonly isolation: string;
  /** `NAMESPACE/NAME`. */
  readonly pool: string;
  /** Why it is unknown which jobs wait; undefined while it is known. */
  readonly unknown: string | undefined;
  /** Pilots that the group should have; undefined while nothing is decided. */
  readonly wanted: number | undefined;
  /** Pilots on their way. */
  readonly starting: number;
  /** Registered pilots that accept jobs. */
  readonly working: number;
  /** The limits that made the decision smaller, as `NAME (VALUE)`. */
  readonly limits: readonly string[];
}

/** Why no pilot can be created now, however many are wanted; undefined while one can. */
export function whatBlocks(snapshot: GroupSnapshot): Fault | undefined {
  const { suspended, blocker, refusal } = snapshot;
  if (blocker !== undefined && blocker.reason !== 'ProbingIsolation') return blocker;
  if (suspended) {
    return { reason: 'Suspended', message: 'The group is suspended: set suspend: false to get pilots' };
  }
  if (blocker !== undefined) return blocker;
  if (refusal !== undefined) {
    return { reason: refusal.reason, message: `The API server refuses pods: ${refusal.message}` };
  }
  return openBreaker(snapshot);
}

/** What the breaker holds back, with the failure that its operator has to look at; undefined while it is closed. */
export function openBreaker({
  breaker,
  lastFailure,
}: Pick<GroupSnapshot, 'breaker' | 'lastFailure'>): Fault | undefined {
  if (breaker === undefined) return undefined;
  const last = lastFailure === undefined ? '' : `. The last failure was that of ${lastFailure}`;
  return { reason: 'BreakerOpen', message: `${breaker}${last}` };
}

/**
 * What keeps pilots from getting to work, in one sentence: what blocks their creation, or what keeps the created ones from
 * starting. The same sentence goes into the conditions, the status's decision and the bid.
 */
export function whatHinders(snapshot: GroupSnapshot): Fault | undefined {
  return whatBlocks(snapshot) ?? snapshot.start ?? snapshot.unscheduled;
}

/**
 * The snapshot after a reconcile.
 * @param isDecided false before the group's policy has decided once: then it is not known what the group should have
 * @param now milliseconds of both clocks
 */
export function snapshotOf(
  { spec, poolName, demand }: Pick<CurrentGroup, 'spec' | 'poolName' | 'demand'>,
  planned: GroupPlan,
  {
    history,
    backoff,
    problemEvents,
    badNodes,
  }: Pick<GroupMemory, 'history' | 'backoff' | 'problemEvents' | 'badNodes'>,
  cures: CureContext,
  isDecided: boolean,
  { wall, monotonic }: { readonly wall: number; readonly monotonic: number },
): GroupSnapshot {
  const { pilots, isolation, decision, plan } = planned;
  return {
    suspended: spec.suspend,
    blocker: planned.blocker,
    refusal: backoff.fault,
    breaker: breakerSentence(planned, wall),
    start: firstThatCannotStart(pilots, spec, problemEvents.byUid, cures),
    unscheduled: firstUnscheduled(pilots, cures),
    lastFailure: history.lastFailure,
    avoided: badNodes.toAvoid(milliseconds(spec.badNodes.avoidFor), monotonic),
    isolation: isolationNote(isolation),
    pool: poolName,
    unknown: demand.known ? undefined : demand.reason,
    wanted: isDecided ? decision.wanted : undefined,
    starting: planned.starting,
    working: pilots.filter(({ phase }) => phase === 'Idle' || phase === 'Busy').length,
    limits: plan.limits.map(({ name, value }) => `${name} (${value})`),
  };
}

/** RFC 3339 in whole seconds: a text that stays the same is written once. */
export const clockTime = (wall: number): string =>
  new Date(Math.round(wall / 1000) * 1000).toISOString().replace('.000Z', 'Z');

function breakerSentence({ breaker }: Pick<GroupPlan, 'breaker'>, wall: number): string | undefined {
  if (breaker.reason === undefined || breaker.wait === undefined) return breaker.reason;
  return `${breaker.reason}; the next is tried at ${clockTime(wall + breaker.wait)}`;
}

function firstThatCannotStart(
  pilots: readonly GroupPilot[],
  { startErrors }: Pick<GlideinGroupSpec, 'startErrors'>,
  reported: ReadonlyMap<string, StartProblem>,
  cures: CureContext,
): Fault | undefined {
  for (const { pod, name, phase, uid } of pilots) {
    if (phase !== 'Pulling' && phase !== 'Starting') continue;
    const problem = ruledProblemOf(pod, startErrors, reported.get(uid));
    if (problem === undefined) continue;
    const { reason, message } = startFault(problem.reason, problem.message, cures);
    return { reason, message: `${name} cannot start: ${message}` };
  }
  return undefined;
}

/** Why the first pilot without a node has none. */
export function firstUnscheduled(
  pilots: readonly Pick<GroupPilot, 'name' | 'phase' | 'pod'>[],
  cures: CureContext,
): Fault | undefined {
  for (const { name, phase, pod } of pilots) {
    const why = phase === 'Unscheduled' ? whyUnscheduled(name, pod, cures) : undefined;
    if (why !== undefined) return why;
  }
  return undefined;
}

function isolationNote(isolation: GroupPlan['isolation']): string {
  if (isolation?.tier === undefined) return '';
  const worse = isolation.record?.message;
  const why = worse === undefined ? '' : `. Nothing better works: ${worse}`;
  return ` with isolation ${isolation.tier}${why}`;
}
