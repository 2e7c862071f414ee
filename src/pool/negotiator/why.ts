import type { Clock } from '#base/clock.ts';
import { formatDuration } from '#base/duration.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { GroupExcuse, WhyAnswer } from '#wire/why.ts';
import type { Collector } from '../collector/collector.ts';
import { environmentOf } from '../environment.ts';
import { type Job, jobName } from '../queue/job.ts';
import type { JobAds } from '../queue/job-ads.ts';
import type { Bidders } from '../registry/bidders.ts';
import { excusesOf } from './excuses.ts';
import { refusalOf } from './refusal.ts';

interface WhyOptions {
  readonly ads: JobAds;
  readonly collector: Collector;
  readonly bidders: Bidders;
  readonly clock: Clock;
}

/** Why a job is where it is: what keeps an idle one from running, why one is held, where one runs. */
export function why(options: WhyOptions, job: Job): WhyAnswer {
  const answer = { job: jobName(job), state: job.state, slots: [], groups: [] };
  const since = formatDuration(Math.max(0, options.clock.wall() - job.enteredAt));
  switch (job.state) {
    case 'Idle':
      return whyIdle(options, job, since);
    case 'Running':
      return { ...answer, summary: whereItRuns(options, job, since) };
    case 'Held':
      return {
        ...answer,
        summary: `It is held since ${since} (code ${job.hold?.code ?? 0}): ${job.hold?.reason ?? 'no reason is known'}.`,
      };
    case 'Completed':
      return { ...answer, summary: `It completed ${since} ago.` };
    case 'Removed':
      return {
        ...answer,
        summary: `It was removed ${since} ago: ${job.removeReason ?? 'no reason is known'}.`,
      };
  }
}

function whereItRuns({ collector }: WhyOptions, job: Job, since: string): string {
  const attempt = job.attempts.at(-1);
  const where = `pilot ${attempt?.pilot ?? '?'} of group ${attempt?.group ?? '?'}`;
  const connected = collector.get(job.claim?.pilotUid ?? '')?.connection !== undefined;
  const link = connected
    ? ''
    : ', which is not connected just now; it keeps the job for as long as its lease lasts';
  return attempt?.startedAt === undefined
    ? `It was given to ${where} ${since} ago and is being brought there${link}.`
    : `It runs on ${where} since ${since}${link}.`;
}

function whyIdle(options: WhyOptions, job: Job, since: string): WhyAnswer {
  const ad = options.ads.submitted(job);
  const environment = environmentOf(options.clock);
  const slots = excusesOf(ad, [...options.collector.all()], {
    environment,
    now: options.clock.monotonic(),
  });
  const groups = options.bidders.current().flatMap(({ site, bid }) =>
    bid.groups.map((group): GroupExcuse => {
      const { name, wanted, decision } = group;
      const refusal = refusalOf(ad, adFromTexts(group.template), environment, 'a fresh pilot');
      const sentence = refusal ?? 'a fresh pilot of it could run the job';
      return { site, name, fits: refusal === undefined, sentence, wanted, decision };
    }),
  );
  const summary = `It waits since ${since}: ${slotsInWords(slots)}; ${groupsInWords(groups)}.`;
  return { job: jobName(job), state: job.state, summary, slots, groups };
}

function slotsInWords(slots: WhyAnswer['slots']): string {
  const [most] = slots;
  if (most === undefined) return 'no pilot is registered';
  if (slots.some(({ kind }) => kind === 'none')) return 'a slot fits, it will be given out in a moment';
  const count = slots.reduce((sum, excuse) => sum + excuse.count, 0);
  const all =
    count === 1 ? 'the one registered pilot does not run it' : `none of ${count} registered pilots runs it`;
  return `${all} (${most.sentence})`;
}

function groupsInWords(groups: readonly GroupExcuse[]): string {
  const fitting = groups.filter(({ fits }) => fits);
  if (groups.length === 0) return 'no group feeds this pool just now';
  if (fitting.length === 0)
    return groups.length === 1
      ? 'the one group cannot run it either'
      : `none of ${groups.length} groups can run it`;
  const names = fitting.slice(0, 3).map(({ name, wanted }) => `${name} (wants ${wanted} pilots)`);
  return `a fresh pilot could: ${names.join(', ')}${fitting.length > 3 ? ` and ${fitting.length - 3} more` : ''}`;
}
