import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { holdCodes } from '#wire/hold-codes.ts';
import type { Outcome } from '#wire/outcome.ts';
import { afterStop } from './after-stop.ts';
import { attemptsSinceRelease, type Job } from './job.ts';
import type { Next } from './transition.ts';

/** A job that so many different pilots in a row could not start is held: the fault may be the job's after all. */
const mostStartFailures = 10;

/**
 * Where an execution's end leaves its job.
 * @param ad the job's ad with ExitCode, ExitBySignal, ExitSignal and NumJobCompletions as of this end
 */
export function nextState(job: Job, ad: ClassAd, outcome: Outcome, environment?: Environment): Next {
  switch (outcome.kind) {
    case 'exited':
      return afterExit(ad, `exited with code ${outcome.exitCode}`, environment);
    case 'signalled':
      return afterExit(ad, `was ended by ${outcome.signal}`, environment);
    case 'startFailed':
      return afterStartFailure(job, outcome);
    case 'outputFailed':
    case 'exceeded':
      return { state: 'Held', code: outcome.holdCode, reason: outcome.reason };
    case 'stopped':
      return afterStop(job, outcome);
  }
}

/**
 * HTCondor's order: on_exit_hold is looked at first, then on_exit_remove (which max_retries is made of). A policy that
 * is neither true nor false holds the job, for its author to look at.
 */
function afterExit(ad: ClassAd, what: string, environment: Environment | undefined): Next {
  const policy = (name: string, absent: boolean): boolean | undefined =>
    ad.has(name) ? ad.evaluateBoolean(name, undefined, environment) : absent;
  const hold = policy('OnExitHold', false);
  if (hold === undefined) return undecided('on_exit_hold', what);
  if (hold)
    return {
      state: 'Held',
      code: holdCodes.jobPolicy,
      reason: `The job ${what} and its on_exit_hold is true`,
    };
  const leaves = policy('OnExitRemove', true);
  if (leaves === undefined) return undecided('on_exit_remove', what);
  return leaves
    ? { state: 'Completed' }
    : { state: 'Idle', reason: `The job ${what} and will be tried again` };
}

const undecided = (command: string, what: string): Next => ({
  state: 'Held',
  code: holdCodes.policyUndefined,
  reason: `The job ${what} and its ${command} is neither true nor false`,
});

function afterStartFailure(job: Job, outcome: Extract<Outcome, { kind: 'startFailed' }>): Next {
  if (outcome.blame === 'job') return { state: 'Held', code: outcome.holdCode, reason: outcome.reason };
  return pilotsThatFailed(job).size >= mostStartFailures
    ? {
        state: 'Held',
        code: outcome.holdCode,
        reason: `${mostStartFailures} pilots could not start it: ${outcome.reason}`,
      }
    : { state: 'Idle', reason: outcome.reason };
}

/** Pilots that could not start the job, one after the other up to now: one bad pilot proves nothing, however often. */
function pilotsThatFailed(job: Job): ReadonlySet<string> {
  const attempts = attemptsSinceRelease(job);
  const started = attempts.findLastIndex(
    ({ epoch, outcome }) => epoch !== job.epoch && !isStartFailure(outcome),
  );
  return new Set(attempts.slice(started + 1).map(({ pilotUid }) => pilotUid));
}

const isStartFailure = (outcome: Outcome | undefined): boolean => outcome?.kind === 'startFailed';
