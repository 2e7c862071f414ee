import { count } from '#base/count.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { Outcome } from '#wire/outcome.ts';
import { isCompletion } from './completion.ts';
import { attemptsSinceRelease, type Job, type Trouble } from './job.ts';

/** A job that lost this many pilots runs with nothing beside it: either it kills them, or a neighbour did. */
const suspectAfter = 2;

/** Milliseconds between a first failure and the next try, which double up to the most. */
const firstRest = 1000;
const mostRest = 300_000;

/** Whether nothing may run beside this job, nor it beside anything. */
export const isSuspect = ({ trouble }: Pick<Job, 'trouble'>): boolean =>
  (trouble?.losses ?? 0) >= suspectAfter;

/**
 * Milliseconds for which a job still rests; 0 when it may be tried. One that would rest for longer than any does is not
 * kept waiting: the clock was set back since.
 */
export function restOf({ trouble }: Pick<Job, 'trouble'>, now: number): number {
  const left = (trouble?.retryAt ?? 0) - now;
  return left > mostRest ? 0 : Math.max(0, left);
}

/** One more try has failed: the job rests for longer and longer before the next. */
function afterFailure({ trouble }: Pick<Job, 'trouble'>, losses: number, at: number): Trouble {
  const earlier = trouble?.failures ?? 0;
  return {
    losses,
    failures: earlier + 1,
    retryAt: at + Math.min(mostRest, firstRest * 2 ** Math.min(earlier, 30)),
  };
}

/**
 * What a job that runs again has behind it once an execution has ended. A payload that ran to its end did its pilot no
 * harm; one that its pilot could not start may go wrong on the next as well; one that was stopped did not fail.
 */
export function afterEnd(job: Pick<Job, 'trouble'>, outcome: Outcome, at: number): Trouble | undefined {
  if (isCompletion(outcome)) return afterFailure(job, 0, at);
  return outcome.kind === 'startFailed' ? afterFailure(job, job.trouble?.losses ?? 0, at) : job.trouble;
}

/** Where the loss of its pilot leaves a job. */
export interface Loss {
  readonly trouble: Trouble | undefined;
  readonly hold?: { readonly code: number; readonly reason: string };
}

/**
 * Counts a pilot that is lost while a job ran on it. A pilot counts once, and only if the job had started there; one
 * that loses `most` of them is held.
 */
export function afterLoss(job: Job, reason: string, most: number, at: number): Loss {
  const newest = job.attempts.at(-1);
  if (newest?.startedAt === undefined) return { trouble: job.trouble };
  const isKnown = attemptsSinceRelease(job).some(
    ({ epoch, pilotUid, outcome, endedAt }) =>
      epoch !== newest.epoch &&
      pilotUid === newest.pilotUid &&
      outcome === undefined &&
      endedAt !== undefined,
  );
  const losses = (job.trouble?.losses ?? 0) + (isKnown ? 0 : 1);
  const trouble = afterFailure(job, losses, at);
  if (losses < most) return { trouble };
  const sentence = `${count(losses, 'pilot')} were lost while the job ran on them, the last one because ${reason}. See what the job takes of memory, /dev/shm and disk, and release it`;
  return { trouble, hold: { code: holdCodes.systemPolicy, reason: sentence } };
}
