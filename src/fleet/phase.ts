import type { PoolDemand } from './pool-demand.ts';

/**
 * Where a pilot is on its way. What runs it (a pod, a local process) tells the first half, the pool the second. A pilot
 * that has registered has started, whatever its runtime says: that may be old, since pilots start and work even while
 * their cluster's API server is unreachable.
 *
 * | runs as               | pool says    | phase       |
 * |-----------------------|--------------|-------------|
 * | waiting for a place   | unregistered | Unscheduled |
 * | getting its image     | unregistered | Pulling     |
 * | being started         | unregistered | Starting    |
 * | running               | unregistered | Validating  |
 * | one of these          | Idle         | Idle        |
 * | one of these          | Busy         | Busy        |
 * | one of these          | Draining     | Draining    |
 * | told to end           | –            | Draining    |
 * | ended, as it should   | –            | Gone        |
 * | ended otherwise       | –            | Failed      |
 */
export const phases = [
  'Unscheduled',
  'Pulling',
  'Starting',
  'Validating',
  'Idle',
  'Busy',
  'Draining',
  'Gone',
  'Failed',
] as const;

export type Phase = (typeof phases)[number];

/** The state of a pilot where it runs. */
export type RuntimeState =
  | { readonly state: 'Unscheduled' | 'Pulling' | 'Starting' | 'Running' | 'Terminating' }
  | { readonly state: 'Ended'; readonly failed: boolean; readonly reason: string };

/** A pilot as observed: where it runs, and what the pool knows of it. */
export interface ObservedPilot {
  readonly uid: string;
  readonly name: string;
  readonly runtime: RuntimeState;
  /** What the pool says; undefined while it is not registered. */
  readonly registered: 'Idle' | 'Busy' | 'Draining' | undefined;
  /** How long the runtime has been in this state, milliseconds. */
  readonly forMilliseconds: number;
  /** What is known of the demand of the pool that it was made for. */
  readonly demand: PoolDemand;
}

export function phaseOf({ runtime, registered }: Pick<ObservedPilot, 'runtime' | 'registered'>): Phase {
  switch (runtime.state) {
    case 'Unscheduled':
    case 'Pulling':
    case 'Starting':
      return registered ?? runtime.state;
    case 'Running':
      return registered ?? 'Validating';
    case 'Terminating':
      return 'Draining';
    case 'Ended':
      return runtime.failed ? 'Failed' : 'Gone';
  }
}

/** Whether a pilot was started and has not registered yet: it will offer slots soon. */
export const isStarting = (phase: Phase): boolean =>
  phase === 'Unscheduled' || phase === 'Pulling' || phase === 'Starting' || phase === 'Validating';

/** How many pilots are in each phase; empty phases are left out. */
export function countPhases(
  pilots: readonly Pick<ObservedPilot, 'runtime' | 'registered'>[],
): Partial<Record<Phase, number>> {
  const counts: Partial<Record<Phase, number>> = {};
  for (const pilot of pilots) {
    const phase = phaseOf(pilot);
    counts[phase] = (counts[phase] ?? 0) + 1;
  }
  return counts;
}

/**
 * The longest time for which a pilot that has not registered has been in its phase, in seconds, as a bid says it; nothing if
 * there is no such pilot.
 */
export function longestStarting(
  pilots: readonly Pick<ObservedPilot, 'runtime' | 'registered' | 'forMilliseconds'>[],
): { readonly startingSeconds?: number } {
  const starting = pilots.filter((pilot) => isStarting(phaseOf(pilot)));
  if (starting.length === 0) return {};
  const longest = starting.reduce((most, { forMilliseconds }) => Math.max(most, forMilliseconds), 0);
  return { startingSeconds: Math.round(longest / 1000) };
}
