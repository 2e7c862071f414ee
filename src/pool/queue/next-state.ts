import type { ClassAd } from '#classad/class-ad.ts';
import { type Environment, noEnvironment } from '#classad/environment.ts';
import type { Outcome } from '#wire/outcome.ts';
import { attemptsSinceRelease } from '../jobs/attempts.ts';
import type { Hold, Job } from '../jobs/job.ts';
import type { Next } from '../jobs/transition.ts';
import { transformOnEvict } from '../policy/evict-transform.ts';
import { fires } from '../policy/firing.ts';
import { verdictAtExit } from '../policy/verdict.ts';
import { afterStop } from './after-stop.ts';

type Failure = Extract<Outcome, { readonly holdCode: number }>;

/** A job that this many different pilots in a row could not start is held: the fault may be the job's after all. */
const mostStartFailures = 10;

/**
 * The next state of a job whose execution has ended.
 * @param ad the job's ad with ExitCode, ExitBySignal, ExitSignal and NumJobCompletions as of this end
 */
export function nextState(
  job: Job,
  ad: ClassAd,
  outcome: Outcome,
  environment: Environment = noEnvironment,
): Next {
  switch (outcome.kind) {
    case 'exited':
      return afterExit(ad, `exited with code ${outcome.exitCode}`, environment);
    case 'signalled':
      return afterExit(ad, `was ended by ${outcome.signal}`, environment);
    case 'startFailed':
      return afterStartFailure(job, outcome);
    case 'outputFailed':
      return { state: 'Held', ...holdFor(outcome) };
    case 'exceeded':
      return afterExcess(ad, holdFor(outcome), environment);
    case 'stopped':
      return afterStop(job, outcome);
  }
}

const holdFor = ({ holdCode, subcode, reason }: Failure): Hold => ({
  code: holdCode,
  reason,
  ...(subcode === undefined ? {} : { subcode }),
});

/** A job that asks for more after such an end runs again; any other is held. */
function afterExcess(ad: ClassAd, hold: Hold, environment: Environment): Next {
  const sets = transformOnEvict(ad, hold, environment);
  if (sets === undefined) return { state: 'Held', ...hold };
  const asks = Object.entries(sets)
    .filter(([name]) => /^request/i.test(name))
    .map(([name, text]) => `${name} = ${text}`);
  return {
    state: 'Idle',
    reason: `${hold.reason}; it runs again with ${asks.join(', ')}`,
    vacated: hold,
    sets,
  };
}

/**
 * HTCondor's order: first the periodic policies once more, then on_exit_hold, then on_exit_remove (with which max_retries is
 * implemented). A job that its periodic policy would remove has completed anyway. If on_exit_remove is neither true nor false,
 * the job leaves the queue.
 */
function afterExit(ad: ClassAd, what: string, environment: Environment): Next {
  const verdict = verdictAtExit(ad, environment);
  if (verdict?.action === 'hold') return { state: 'Held', ...verdict.why };
  if (verdict?.action === 'remove') return { state: 'Completed' };
  const held = fires(ad, 'OnExitHold', environment);
  if (held !== undefined) return { state: 'Held', ...held };
  const leaves = ad.evaluateNumber('OnExitRemove', undefined, environment);
  return leaves === 0
    ? { state: 'Idle', reason: `The job ${what} and will be tried again` }
    : { state: 'Completed' };
}

function afterStartFailure(job: Job, outcome: Extract<Outcome, { kind: 'startFailed' }>): Next {
  if (outcome.blame === 'job') return { state: 'Held', ...holdFor(outcome) };
  return pilotsThatFailed(job).size >= mostStartFailures
    ? {
        state: 'Held',
        ...holdFor(outcome),
        reason: `${mostStartFailures} pilots could not start the job: ${outcome.reason}`,
      }
    : { state: 'Idle', reason: outcome.reason };
}

/** The different pilots that have failed to start the job since it last started. One bad pilot proves nothing, however often it fails. */
function pilotsThatFailed(job: Job): ReadonlySet<string> {
  const attempts = attemptsSinceRelease(job);
  const started = attempts.findLastIndex(
    ({ epoch, outcome }) => epoch !== job.epoch && !isStartFailure(outcome),
  );
  return new Set(attempts.slice(started + 1).map(({ pilotUid }) => pilotUid));
}

const isStartFailure = (outcome: Outcome | undefined): boolean => outcome?.kind === 'startFailed';
