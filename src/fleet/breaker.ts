import type { Breaker } from '#api/pilot-failures.ts';
import { parseDuration } from '#base/duration.ts';

/** Whether a pilot of a group came to work (it registered) or failed before, and when, in milliseconds of one clock. */
export interface PilotStart {
  readonly at: number;
  readonly failed: boolean;
}

/** How many pilots a group may start now, given its failures. */
export interface BreakerVerdict {
  readonly state: 'Closed' | 'Open' | 'Probing';
  readonly allowed: number;
  /** Why the number is limited; undefined while the breaker is closed. */
  readonly reason: string | undefined;
  /** Milliseconds until one is tried again; undefined unless the breaker is open. */
  readonly wait?: number | undefined;
}

/**
 * The breaker of a group, from the starts of its pilots in their order.
 *
 * | state     | event                                                    | next      | allows                   |
 * |-----------|----------------------------------------------------------|-----------|--------------------------|
 * | closed    | `failures` failures within `within`, no success between  | open      | all                      |
 * | open      | the pause since the last failure is over                 | half-open | 0                        |
 * | half-open | a failure                                                | open      | 1, none while one starts |
 * | any       | a success                                                | closed    |                          |
 *
 * The pause doubles with every failure that came after the one that opened the breaker.
 */
export function breakerVerdict(
  starts: readonly PilotStart[],
  policy: Breaker,
  now: number,
  starting: number,
): BreakerVerdict {
  const failures = starts.slice(starts.findLastIndex((start) => !start.failed) + 1);
  const opened = openedBy(failures, policy);
  const last = failures.at(-1);
  if (opened === undefined || last === undefined) {
    return { state: 'Closed', allowed: Number.POSITIVE_INFINITY, reason: undefined };
  }
  const trials = failures.length - 1 - opened;
  const pause = Math.min(parseDuration(policy.probeAfter) * 2 ** trials, parseDuration(policy.probeAtMost));
  const wait = last.at + pause - now;
  const failed = `${failures.length} ${failures.length === 1 ? 'pilot' : 'pilots in a row'} failed to start`;
  // Whoever shows when the next pilot is tried says the time: a duration would be wrong a moment later.
  if (wait > 0) return { state: 'Open', allowed: 0, reason: failed, wait };
  return { state: 'Probing', allowed: starting > 0 ? 0 : 1, reason: `${failed}; one is tried` };
}

/** The index of the failure that opened the breaker; undefined while it is closed. */
function openedBy(failures: readonly PilotStart[], policy: Breaker): number | undefined {
  const within = parseDuration(policy.within);
  const index = failures.findIndex((failure, at) => {
    const first = failures[at - policy.failures + 1];
    return first !== undefined && failure.at - first.at <= within;
  });
  return index === -1 ? undefined : index;
}
