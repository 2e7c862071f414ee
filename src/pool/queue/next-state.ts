import type { ClassAd } from '#classad/class-ad.ts';
import { isTrue } from '#classad/value.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Job } from './job.ts';
import type { Next } from './transition.ts';

/** A job that this many pilots in a row could not start is held: the fault may be the job's after all. */
const mostStartFailures = 10;

/**
 * Where an execution's end leaves its job.
 * @param ad the job's ad with ExitCode, ExitBySignal, ExitSignal and NumJobCompletions as of this end
 */
export function nextState(job: Job, ad: ClassAd, outcome: Outcome): Next {
  switch (outcome.kind) {
    case 'exited':
      return afterExit(ad, `exited with code ${outcome.exitCode}`);
    case 'signalled':
      return afterExit(ad, `was ended by ${outcome.signal}`);
    case 'startFailed':
      return afterStartFailure(job, outcome);
    case 'outputFailed':
      return { state: 'Held', code: outcome.holdCode, reason: outcome.reason };
    case 'stopped':
      return { state: 'Idle', reason: outcome.reason };
  }
}

/** HTCondor's order: on_exit_hold is looked at first, then on_exit_remove (which max_retries is made of). */
function afterExit(ad: ClassAd, what: string): Next {
  if (isTrue(ad.evaluate('OnExitHold'))) {
    return { state: 'Held', code: 3, reason: `The job ${what} and its on_exit_hold is true` };
  }
  const leaves = !ad.has('OnExitRemove') || isTrue(ad.evaluate('OnExitRemove'));
  return leaves
    ? { state: 'Completed' }
    : { state: 'Idle', reason: `The job ${what} and will be tried again` };
}

function afterStartFailure(job: Job, outcome: Extract<Outcome, { kind: 'startFailed' }>): Next {
  if (outcome.blame === 'job') return { state: 'Held', code: outcome.holdCode, reason: outcome.reason };
  const earlier = job.attempts.slice(1 - mostStartFailures);
  const always =
    earlier.length >= mostStartFailures - 1 &&
    earlier.every((a) => a.epoch === job.epoch || isStartFailure(a.outcome));
  return always
    ? {
        state: 'Held',
        code: outcome.holdCode,
        reason: `${mostStartFailures} pilots could not start it: ${outcome.reason}`,
      }
    : { state: 'Idle', reason: outcome.reason };
}

const isStartFailure = (outcome: Outcome | undefined): boolean => outcome?.kind === 'startFailed';
