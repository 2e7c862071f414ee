import type { Deadlines } from '#api/deadlines.ts';
import { parseDuration } from '#base/duration.ts';
import type { GroupDecision, LimitThatBit } from '#pressure/decision.ts';
import type { BreakerVerdict } from './breaker.ts';
import { type ObservedPilot, type Phase, phaseOf } from './phase.ts';

interface PlanInput {
  readonly decision: GroupDecision;
  readonly pilots: readonly ObservedPilot[];
  readonly deadlines: Deadlines;
  readonly breaker: Pick<BreakerVerdict, 'allowed' | 'reason'>;
  readonly createPerMinute: number;
  /** How many pilots were created within the last minute. */
  readonly createdLately: number;
  /**
   * Milliseconds for which the pool has been answering, 0 while it does not: nobody can tell whether a pilot
   * registered while the pool is out of reach, so the time for that is counted while it answers only.
   */
  readonly poolAnswersFor: number;
}

/** What to do for a group now: the difference between what is wanted and what is there, with reasons. */
export interface Plan {
  readonly create: number;
  /** Uids that the pool is asked to drain. */
  readonly release: readonly string[];
  /** Pilots that are past a deadline. */
  readonly remove: readonly { readonly uid: string; readonly reason: string }[];
  readonly limits: readonly LimitThatBit[];
  /** The decision, and what keeps it from being carried out. */
  readonly reason: string;
}

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
function overdue({ pilots, deadlines, poolAnswersFor }: PlanInput): Plan['remove'] {
  return pilots.flatMap((pilot) => {
    const limit = deadlineOf(pilot, deadlines);
    const counted = limit?.needsPool
      ? Math.min(pilot.forMilliseconds, poolAnswersFor)
      : pilot.forMilliseconds;
    if (limit === undefined || counted <= parseDuration(limit.after)) return [];
    return [{ uid: pilot.uid, reason: `${limit.what} within ${limit.after}` }];
  });
}

/** The phases that have a deadline, and what it means to miss it. */
const limited: Partial<Record<Phase, { readonly deadline: keyof Deadlines; readonly what: string }>> = {
  Unscheduled: { deadline: 'unscheduled', what: 'it found no node' },
  Pulling: { deadline: 'pulling', what: 'its image was not there' },
  Starting: { deadline: 'starting', what: 'its container did not start' },
  Validating: { deadline: 'unregistered', what: 'it did not register' },
};

interface Limit {
  readonly after: string;
  readonly what: string;
  /** Whether only the pool can tell that the phase is over. */
  readonly needsPool: boolean;
}

function deadlineOf(pilot: ObservedPilot, deadlines: Deadlines): Limit | undefined {
  if (pilot.carrier.state === 'Terminating') {
    return { after: deadlines.terminating, what: 'it did not end', needsPool: false };
  }
  const phase = phaseOf(pilot);
  const limit = limited[phase];
  if (limit === undefined) return undefined;
  return { after: deadlines[limit.deadline], what: limit.what, needsPool: phase === 'Validating' };
}
