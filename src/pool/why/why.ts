import type { Clock } from '#base/clock.ts';
import { formatDuration } from '#base/duration.ts';
import type { WhyAnswer } from '#wire/why.ts';
import type { Collector } from '../collector/collector.ts';
import { type Hold, hasClaim, type Job, jobName } from '../jobs/job.ts';
import { itsFormerEnds } from './before-matching.ts';
import { sentenceOf } from './cause.ts';
import { holdCure } from './hold-cures.ts';
import type { Slices } from './slices.ts';
import { type IdleOptions, whyIdle } from './why-idle.ts';

export type WhyOptions = IdleOptions & { readonly collector: Collector; readonly clock: Clock };

/** Why a job is in its state: what keeps it from running and what to do about that, why it is held, or where it runs. */
export async function why(options: WhyOptions, job: Job, slices: Slices): Promise<WhyAnswer> {
  const milliseconds = Math.max(0, options.clock.wall() - job.enteredAt);
  const answer = {
    job: jobName(job),
    state: job.state,
    sinceSeconds: Math.round(milliseconds / 1000),
    details: [],
    conditions: [],
    slots: [],
    groups: [],
  };
  const since = formatDuration(milliseconds);
  switch (job.state) {
    case 'Idle':
      if (hasClaim(job)) return { ...answer, kind: 'ending', summary: itsFormerEnds(options, job) };
      return { ...answer, ...(await whyIdle(options, job, slices)) };
    case 'Running':
      return { ...answer, kind: 'running', summary: whereItRuns(options, job, since) };
    case 'Held':
      return { ...answer, kind: 'held', summary: whyHeld(job, since) };
    case 'Completed':
      return { ...answer, kind: 'completed', summary: `It completed ${since} ago${itsFailure(job)}.` };
    case 'Removed': {
      const reason = job.removeReason ?? 'no reason is known';
      return { ...answer, kind: 'removed', summary: sentenceOf(`it was removed ${since} ago: ${reason}`) };
    }
  }
}

/** How a program ended that did not succeed, and where it may have said why. */
function itsFailure(job: Job): string {
  const outcome = job.attempts.at(-1)?.outcome;
  const name = jobName(job);
  const where = `\`glidein logs ${name}\` and \`glidein logs --err ${name}\` show what it printed`;
  if (outcome?.kind === 'signalled') return `, ended by ${outcome.signal}: ${where}`;
  if (outcome?.kind !== 'exited' || outcome.exitCode === 0) return '';
  return ` with exit code ${outcome.exitCode}: ${where}`;
}

function whyHeld(job: Job, since: string): string {
  const { hold } = job;
  if (hold === undefined) return `It has been held for ${since}, and no reason is known.`;
  const reason = hold.reason.replace(/[.\s]+$/, '');
  return sentenceOf(
    `it has been held for ${since} (${codesOf(hold)}): ${reason}; ${holdCure(hold, jobName(job))}`,
  );
}

const codesOf = ({ code, subcode }: Hold): string =>
  subcode === undefined ? `code ${code}` : `code ${code}, subcode ${subcode}`;

function whereItRuns({ collector }: Pick<WhyOptions, 'collector'>, job: Job, since: string): string {
  const attempt = job.attempts.at(-1);
  const where = `pilot ${attempt?.pilot ?? '?'} of group ${attempt?.group ?? '?'}`;
  const connected = collector.get(job.claim?.pilotUid ?? '')?.connection !== undefined;
  const link = connected
    ? ''
    : ', which is not connected now; it keeps the job for as long as its lease lasts';
  return attempt?.startedAt === undefined
    ? `It was given to ${where} ${since} ago and is being brought there${link}.`
    : `It has been running on ${where} for ${since}${link}.`;
}
