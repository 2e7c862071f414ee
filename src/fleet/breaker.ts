import type { Breaker } from '#api/failures.ts';
import { formatDuration, parseDuration } from '#base/duration.ts';

/** How a pilot of a group ended: it worked (it registered), or it failed before. Milliseconds of one clock. */
export interface PilotOutcome {
  readonly at: number;
  readonly failed: boolean;
}

/** How many pilots a group may start now, as far as its failures are concerned. */
export interface BreakerVerdict {
  readonly allowed: number;
  /** Why it is fewer than any number; undefined while the breaker is closed. */
  readonly reason: string | undefined;
}

/**
 * The breaker of a group, from what happened lately.
 *
 * | state     | when                                           | allows |
 * |-----------|------------------------------------------------|--------|
 * | closed    | fewer failures than the limit since a success  | all    |
 * | open      | the limit is reached                           | 0      |
 * | half-open | the last failure is longer ago than the pause  | 1, none while one starts |
 *
 * The pause doubles with every failure beyond the limit.
 */
export function breakerVerdict(
  outcomes: readonly PilotOutcome[],
  policy: Breaker,
  now: number,
  starting: number,
): BreakerVerdict {
  const within = parseDuration(policy.within) + parseDuration(policy.probeAtMost);
  const sinceSuccess = outcomes.slice(outcomes.findLastIndex((outcome) => !outcome.failed) + 1);
  const recent = sinceSuccess.filter(({ at }) => now - at < within);
  const last = recent.at(-1);
  if (last === undefined || recent.length < policy.failures) {
    return { allowed: Number.POSITIVE_INFINITY, reason: undefined };
  }
  const trials = recent.length - policy.failures;
  const pause = Math.min(parseDuration(policy.probeAfter) * 2 ** trials, parseDuration(policy.probeAtMost));
  const wait = last.at + pause - now;
  const failed = `${recent.length} pilots in a row failed to start`;
  if (wait > 0) return { allowed: 0, reason: `${failed}; the next is tried in ${formatDuration(wait)}` };
  return { allowed: starting > 0 ? 0 : 1, reason: `${failed}; one is tried` };
}
