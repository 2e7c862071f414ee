import { truncate } from '#base/truncate.ts';
import type { Attempt } from '#wire/jobs.ts';
import { isCompletion, wallSecondsOf } from '../jobs/attempts.ts';
import type { Job } from '../jobs/job.ts';

/** The most executions of which a job keeps the record. */
export const mostAttempts = 100;

/** Adds the record of a new attempt; older ones are shortened, and the oldest become totals. */
export function addAttempt(job: Job, attempt: Attempt): void {
  job.attempts = [...job.attempts.map(inShort), attempt];
  forgetOldest(job);
}

export function updateAttempt(job: Job, epoch: number, change: Partial<Attempt>): void {
  job.attempts = job.attempts.map((attempt) =>
    attempt.epoch === epoch ? { ...attempt, ...change } : attempt,
  );
}

/** The most characters that are kept of an attempt's reason once there is a newer attempt. */
const longestOldReason = 256;

/** Truncates reasons: a job that is retried again and again must not grow by pages of text each time. */
function inShort(attempt: Attempt): Attempt {
  const { reason, outcome } = attempt;
  const own = reason === undefined ? undefined : truncate(reason, longestOldReason);
  const told = outcome !== undefined && 'reason' in outcome ? outcome.reason : '';
  if (own === reason && told.length <= longestOldReason) return attempt;
  return {
    ...attempt,
    ...(own === undefined ? {} : { reason: own }),
    ...(outcome !== undefined && 'reason' in outcome
      ? { outcome: { ...outcome, reason: truncate(told, longestOldReason) } }
      : {}),
  };
}

/** Adds what it drops to the totals, so that NumJobStarts and max_retries stay right. */
function forgetOldest(job: Job): void {
  const dropped = job.attempts.slice(0, -mostAttempts);
  if (dropped.length === 0) return;
  job.attempts = job.attempts.slice(-mostAttempts);
  job.forgotten = {
    starts: job.forgotten.starts + dropped.filter(({ startedAt }) => startedAt !== undefined).length,
    completions: job.forgotten.completions + dropped.filter(({ outcome }) => isCompletion(outcome)).length,
    wallSeconds: wallSecondsOf({ attempts: dropped, forgotten: job.forgotten }),
  };
}
