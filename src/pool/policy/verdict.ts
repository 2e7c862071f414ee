import { holdCodes } from '#base/hold-codes.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import type { Hold } from '../jobs/job.ts';
import type { JobState } from '../jobs/job-state.ts';
import { exceededDuration } from './durations.ts';
import { fires, inWords } from './firing.ts';

/** HTCondor's number for a job that its own policy vacates (VacateReasonCode). */
const vacatedByPolicy = 1000;

/** What the policy of a job asks for now. */
export type Verdict =
  | { readonly action: 'hold' | 'vacate' | 'release' | 'remove'; readonly why: Hold }
  | { readonly action: 'leave' };

interface Looked {
  readonly ad: ClassAd;
  readonly state: JobState;
  readonly environment: Environment;
}

/**
 * What the policy of a job asks for, by its whole ad. The first that is true wins, in HTCondor's order
 * (`UserPolicy::AnalyzePolicy`): the durations, vacate, the removal at a time, hold, release, remove. A hold at the wish of
 * a user is not released, and of a job that has ended only LeaveJobInQueue is asked.
 */
export function verdictOf(looked: Looked): Verdict | undefined {
  switch (looked.state) {
    case 'Completed':
    case 'Removed':
      return stays(looked.ad, looked.environment) ? undefined : { action: 'leave' };
    case 'Running':
      return whileItRuns(looked) ?? holdOrRemoval(looked);
    case 'Idle':
      return holdOrRemoval(looked);
    case 'Held':
      return timer(looked) ?? release(looked) ?? removal(looked);
  }
}

const holdOrRemoval = (looked: Looked): Verdict | undefined =>
  timer(looked) ?? first(looked, 'hold', 'PeriodicHold') ?? removal(looked);

/** What is asked of a running job when its program has ended: all of it but whether it is to be vacated. */
export function verdictAtExit(ad: ClassAd, environment: Environment): Verdict | undefined {
  const looked = { ad, state: 'Running', environment } as const;
  const exceeded = exceededDuration(ad, environment);
  if (exceeded !== undefined) return { action: 'hold', why: exceeded };
  return holdOrRemoval(looked);
}

/** Whether an ended job asks to be shown in the queue: like other policies, only when it is true. */
export const stays = (ad: ClassAd, environment: Environment): boolean =>
  fires(ad, 'LeaveJobInQueue', environment) !== undefined;

function first(
  { ad, environment }: Looked,
  action: 'hold' | 'vacate' | 'release' | 'remove',
  name: string,
): Verdict | undefined {
  const why = fires(ad, name, environment);
  return why === undefined ? undefined : { action, why };
}

function whileItRuns(looked: Looked): Verdict | undefined {
  const exceeded = exceededDuration(looked.ad, looked.environment);
  if (exceeded !== undefined) return { action: 'hold', why: exceeded };
  const why = fires(looked.ad, 'PeriodicVacate', looked.environment);
  return why === undefined ? undefined : { action: 'vacate', why: { ...why, code: vacatedByPolicy } };
}

/** TimerRemove is a moment, in seconds of the epoch: the job is removed after it, and held if there is no telling when. */
function timer({ ad, state, environment }: Looked): Verdict | undefined {
  const expression = ad.get('TimerRemove');
  if (expression === undefined) return undefined;
  const moment = ad.evaluateNumber('TimerRemove', undefined, environment);
  if (moment === undefined) {
    const reason = inWords('TimerRemove', expression, 'UNDEFINED');
    return state === 'Held'
      ? undefined
      : { action: 'hold', why: { code: holdCodes.policyUndefined, reason } };
  }
  if (moment < 0 || moment >= (environment.now?.() ?? 0)) return undefined;
  const reason = inWords('TimerRemove', expression, 'TRUE');
  return { action: 'remove', why: { code: holdCodes.jobPolicy, reason } };
}

function release(looked: Looked): Verdict | undefined {
  const code = looked.ad.evaluateNumber('HoldReasonCode');
  return code === holdCodes.userRequest ? undefined : first(looked, 'release', 'PeriodicRelease');
}

const removal = (looked: Looked): Verdict | undefined => first(looked, 'remove', 'PeriodicRemove');
