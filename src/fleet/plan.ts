import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { Deadlines } from '#api/pilot-failures.ts';
import { parseDuration } from '#base/duration.ts';
import type { GroupDecision, LimitThatBit } from '#pressure/decision.ts';
import { type BreakerVerdict, breakerVerdict, type PilotStart } from './breaker.ts';
import { type ObservedPilot, type Phase, phaseOf } from './phase.ts';
import type { KnownDemand } from './pool-demand.ts';

interface PlanInput {
  readonly decision: GroupDecision;
  readonly pilots: readonly ObservedPilot[];
  readonly deadlines: Deadlines;
  readonly breaker: Pick<BreakerVerdict, 'allowed' | 'reason'>;
  readonly createPerMinute: number;
  /** How many pilots were created within the last minute. */
  readonly createdLately: number;
}

/** A pilot that is past a deadline. */
export interface Overdue {
  readonly uid: string;
  readonly reason: string;
  /** The answer of the pool that shows it; undefined if the pilot's runtime shows it. */
  readonly witness: KnownDemand | undefined;
}

/** What to do for a group now: the difference between what is wanted and what is there, with reasons. */
export interface Plan {
  readonly create: number;
  /** Uids that the pool is asked to drain. */
  readonly release: readonly string[];
  /** Pilots that are past a deadline. */
  readonly remove: readonly Overdue[];
  readonly limits: readonly LimitThatBit[];
  /** The decision, and what keeps it from being carried out. */
  readonly reason: string;
}

interface GroupPlanInput extends Pick<PlanInput, 'decision' | 'pilots' | 'createdLately'> {
  readonly spec: Pick<GlideinGroupSpec, 'breaker' | 'deadlines' | 'limits'>;
  /** How pilots of the group started lately. */
  readonly starts: readonly PilotStart[];
  /** Pilots that were started and have not registered. */
  readonly starting: number;
}

/** The plan of a group by its own deadlines, rate and breaker. @param now on the clock of `starts` */
export function planGroup(
  input: GroupPlanInput,
  now: number,
): { readonly plan: Plan; readonly breaker: BreakerVerdict } {
  const { spec, starts, starting, ...rest } = input;
  const breaker = breakerVerdict(starts, spec.breaker, now, starting);
  const { deadlines, limits } = spec;
  return { plan: plan({ ...rest, deadlines, breaker, createPerMinute: limits.createPerMinute }), breaker };
}

/** The same if it is known what the breaker allows. */
export function plan(input: PlanInput): Plan {
  const { decision, breaker } = input;
  const rate = Math.max(0, input.createPerMinute - input.createdLately);
  const limits = [...decision.limits];
  if (breaker.allowed < decision.add) {
    limits.push({ name: 'breaker', value: breaker.allowed, count: decision.add - breaker.allowed });
  }
  const allowed = Math.min(decision.add, breaker.allowed);
  if (rate < allowed) {
    limits.push({ name: 'limits.createPerMinute', value: input.createPerMinute, count: allowed - rate });
  }
  const held = breaker.reason === undefined || decision.add === 0 ? '' : `; ${breaker.reason}`;
  return {
    create: Math.min(allowed, rate),
    release: decision.release,
    remove: overdue(input),
    limits,
    reason: `${decision.reason}${held}`,
  };
}

/** Pilots that have been in a phase for longer than the group allows. */
function overdue({ pilots, deadlines }: PlanInput): Overdue[] {
  return pilots.flatMap((pilot): Overdue[] => {
    const { uid, demand, forMilliseconds } = pilot;
    const phase = phaseOf(pilot);
    const limit = pilot.runtime.state === 'Terminating' ? notEnded : limited[phase];
    if (limit === undefined) return [];
    const after = deadlines[limit.deadline];
    const reason = `${limit.what} within ${after}`;
    if (limit.shownBy === 'runtime') {
      return forMilliseconds > parseDuration(after) ? [{ uid, reason, witness: undefined }] : [];
    }
    if (!demand.known || demand.last.byUid.has(uid)) return [];
    const counted =
      phase === 'Validating' ? Math.min(forMilliseconds, demand.unregisteredFor(uid)) : forMilliseconds;
    return counted > parseDuration(after) ? [{ uid, reason, witness: demand }] : [];
  });
}

/** A deadline, and what it means to miss it. */
interface Limit {
  readonly deadline: keyof Deadlines;
  readonly what: string;
  /** Once a pilot has a node it may be working, and only its pool can tell: its runtime may report late, or never. */
  readonly shownBy: 'runtime' | 'pool';
}

const notEnded: Limit = { deadline: 'terminating', what: 'it did not end', shownBy: 'pool' };

/** The phases that have a deadline. */
const limited: Partial<Record<Phase, Limit>> = {
  Unscheduled: { deadline: 'unscheduled', what: 'it found no node', shownBy: 'runtime' },
  Pulling: { deadline: 'pulling', what: 'its image was not pulled', shownBy: 'pool' },
  Starting: { deadline: 'starting', what: 'its container did not start', shownBy: 'pool' },
  Validating: { deadline: 'unregistered', what: 'it did not register', shownBy: 'pool' },
};
