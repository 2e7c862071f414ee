import { holdCodes } from '#base/hold-codes.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import type { Hold } from '../jobs/job.ts';
import type { JobState } from '../jobs/job-state.ts';
import { exceededDuration } from './durations.ts';
import { fires, inWords } from './firing.ts';

/** HTCondor's number for a job that its own policy vacates (VacateReasonCode). */
const vacatedByPolicy = 1000;

/** What a job's policy demands now. */
export type Verdict =
  | { readonly action: 'hold' | 'vacate' | 'release' | 'remove'; readonly why: Hold }
  | { readonly action: 'leave' };

interface Looked {
  readonly ad: ClassAd;
  readonly state: JobState;
  readonly environment: Environment;
}

/**
 * What a job's policy demands, given its whole ad. The first true expression wins, in HTCondor's order
 * (`UserPolicy::AnalyzePolicy`): the allowed durations, vacate, TimerRemove, hold, release, remove. A job held by its user is not
 * released, and for an ended job only LeaveJobInQueue counts.
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

/** The policies that are evaluated when the program of a running job has ended: all of them except vacate. */
export function verdictAtExit(ad: ClassAd, environment: Environment): Verdict | undefined {
  const looked = { ad, state: 'Running', environment } as const;
  const exceeded = exceededDuration(ad, environment);
  if (exceeded !== undefined) return { action: 'hold', why: exceeded };
  return holdOrRemoval(looked);
}

/** Whether an ended job asks to stay in the queue. */
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

/** TimerRemove is a time in epoch seconds after which the job is removed. If it is not a number, the job is held. */
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
