import { count } from '#base/count.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { Outcome } from '#wire/outcome.ts';
import { attemptsSinceRelease, isCompletion } from './attempts.ts';
import type { Job, Trouble } from './job.ts';

/** A job that has lost this many pilots is a suspect and runs alone: either it kills pilots, or a neighbour did. */
const suspectAfter = 2;

/** Milliseconds between the first failure and the next try. They double with each further failure, up to the maximum. */
const firstBackoff = 1000;
const mostBackoff = 300_000;

/** Whether this job must have a pilot to itself. */
export const isSuspect = ({ trouble }: Pick<Job, 'trouble'>): boolean =>
  (trouble?.losses ?? 0) >= suspectAfter;

/**
 * Milliseconds for which a job still backs off; 0 if it may be tried. A value beyond the maximum means that the clock was set
 * back, so it counts as 0.
 */
export function backoffOf({ trouble }: Pick<Job, 'trouble'>, now: number): number {
  const left = (trouble?.retryAt ?? 0) - now;
  return left > mostBackoff ? 0 : Math.max(0, left);
}

/** One more try has failed: the job backs off for longer before the next. */
function afterFailure({ trouble }: Pick<Job, 'trouble'>, losses: number, at: number): Trouble {
  const earlier = trouble?.failures ?? 0;
  return {
    losses,
    failures: earlier + 1,
    retryAt: at + Math.min(mostBackoff, firstBackoff * 2 ** Math.min(earlier, 30)),
  };
}

/**
 * The troubles of a job that will run again, once an execution has ended. A payload that ended by itself did no harm to its
 * pilot; one that could not be started may fail on the next pilot too; one that was stopped has not failed.
 */
export function afterEnd(job: Pick<Job, 'trouble'>, outcome: Outcome, at: number): Trouble | undefined {
  if (isCompletion(outcome)) return afterFailure(job, 0, at);
  return outcome.kind === 'startFailed' ? afterFailure(job, job.trouble?.losses ?? 0, at) : job.trouble;
}

/** What the loss of its pilot means for a job. */
export interface Loss {
  readonly trouble: Trouble | undefined;
  readonly hold?: { readonly code: number; readonly reason: string };
}

/**
 * Counts a pilot that was lost while the job ran on it. Each pilot counts once, and only if the job had started there. After
 * `most` losses the job is held.
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
  const sentence = `${count(losses, 'pilot')} were lost while the job ran on them, the last one because ${reason}. Check how much memory, /dev/shm and disk the job uses, then release it`;
  return { trouble, hold: { code: holdCodes.systemPolicy, reason: sentence } };
}
