import type { Clock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { formatDuration } from '#base/duration.ts';
import type { WhyAnswer } from '#wire/why.ts';
import type { Collector } from '../collector/collector.ts';
import { environmentFor } from '../jobs/environment.ts';
import { type Claimed, hasClaim, type Job, jobName } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { backoffOf, isSuspect } from '../jobs/trouble.ts';
import type { ConcurrencyLimits } from '../negotiator/concurrency-limits.ts';
import type { Materialization, MaterializeLimits } from '../negotiator/materialization.ts';
import { unknownPilots } from '../queue/apply.ts';
import { hasMemoryForJob, type MemoryShares } from '../queue/memory.ts';
import type { Queue } from '../queue/queue.ts';
import type { Bidders } from '../registry/bidders.ts';
import { groupAnalyses, groupsInWords } from './group-analysis.ts';
import { limitInWords } from './limit-analysis.ts';
import { slotAnalyses } from './slot-analysis.ts';

export interface WhyOptions {
  readonly memory: MemoryShares;
  readonly ads: JobAds;
  readonly collector: Collector;
  readonly bidders: Bidders;
  readonly limits: ConcurrencyLimits;
  readonly queue: Pick<Queue, 'fresh' | 'bytes' | 'bytesOf' | 'ownJobsOfOwner'>;
  readonly materialization: Pick<Materialization, 'keepsBack'>;
  readonly clock: Clock;
}

/** Why a job is in its state: what keeps it from running, why it is held, or where it runs. */
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
        summary: `It has been held for ${since} (${codesOf(job.hold)}): ${job.hold?.reason ?? 'no reason is known'}.`,
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

const codesOf = (hold: Job['hold']): string =>
  hold?.subcode === undefined ? `code ${hold?.code ?? 0}` : `code ${hold.code}, subcode ${hold.subcode}`;

function whereItRuns({ collector }: WhyOptions, job: Job, since: string): string {
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

function itsFormerEnds({ collector }: WhyOptions, job: Claimed): string {
  if (job.claim.pilotUid === unknownPilots)
    return 'The pool was restored from a backup, and a pilot that it does not know of may still run this job. It waits until such pilots have lost their leases.';
  const pilot = job.attempts.at(-1)?.pilot ?? job.claim.pilotUid;
  const connected = collector.get(job.claim.pilotUid)?.connection !== undefined;
  const until = connected
    ? 'the pilot says that its last process is dead'
    : 'the pilot, which is not connected now, comes back or its lease ends';
  return `Its former execution on pilot ${pilot} is still being ended. It waits until ${until}: a job never runs twice at once.`;
}

function whyIdle(options: WhyOptions, job: Job, since: string): WhyAnswer {
  if (hasClaim(job)) {
    const summary = itsFormerEnds(options, job);
    return { job: jobName(job), state: job.state, summary, slots: [], groups: [] };
  }
  const rest = backoffInWords(job, options.clock.wall()) ?? keptBack(options, job, since);
  if (rest !== undefined)
    return { job: jobName(job), state: job.state, summary: rest, slots: [], groups: [] };
  const isFresh = options.queue.fresh(job.cluster.id)?.procs.has(job.proc) === true;
  if (isFresh && !hasMemoryForJob(options.memory, options.queue, job.cluster.owner)) {
    const summary = `It has been waiting for ${since}: the jobs of ${job.cluster.owner} that run, wait again or are held fill the memory that this pool has for one owner. It waits until some of them have left the queue.`;
    return { job: jobName(job), state: job.state, summary, slots: [], groups: [] };
  }
  const ad = options.ads.matching(job);
  const pilots = [...options.collector.all()];
  const environment = environmentFor(options.clock, pilots.length);
  const reached = limitInWords(
    ad,
    pilots.map(({ freeSlot }) => freeSlot),
    { limits: options.limits, environment },
  );
  if (reached !== undefined) {
    const summary = `It has been waiting for ${since}: ${reached}.`;
    return { job: jobName(job), state: job.state, summary, slots: [], groups: [] };
  }
  const slots = slotAnalyses(ad, pilots, {
    environment,
    now: options.clock.monotonic(),
  });
  const groups = groupAnalyses(ad, options.bidders, environment);
  const alone = isSuspect(job) ? ` ${suspicion(job)}` : '';
  const summary = `It has been waiting for ${since}: ${slotsInWords(slots)}; ${groupsInWords(groups)}.${alone}`;
  return { job: jobName(job), state: job.state, summary, slots, groups };
}

/** Which limits of its cluster keep a job back; undefined if none does. */
function keptBack({ materialization, queue }: WhyOptions, job: Job, since: string): string | undefined {
  const limits = materialization.keepsBack(job, queue.fresh(job.cluster.id));
  if (limits === undefined) return undefined;
  return `It has been waiting for ${since}: its cluster has ${limitsInWords(limits)}, so it is tried once fewer of the jobs before it are in the queue.`;
}

const limitsInWords = ({ notRunning, all }: MaterializeLimits): string =>
  Object.entries({ max_idle: notRunning, max_materialize: all })
    .filter(([, most]) => Number.isFinite(most))
    .map(([command, most]) => `${command} = ${most}`)
    .join(' and ');

/** Why a job backs off; undefined if it does not. */
function backoffInWords(job: Job, now: number): string | undefined {
  const { trouble } = job;
  const left = backoffOf(job, now);
  if (trouble === undefined || left === 0) return undefined;
  const reason = job.attempts.at(-1)?.reason ?? 'no reason is known';
  const rest = `It is backing off after ${count(trouble.failures, 'failed try', 'failed tries')} in a row and will be retried in ${formatDuration(left)}; the last try failed because ${reason}.`;
  return isSuspect(job) ? `${rest} ${suspicion(job)}` : rest;
}

const suspicion = ({ trouble }: Job): string =>
  `${count(trouble?.losses ?? 0, 'pilot')} were lost while it ran on them, so it runs only on a pilot that runs nothing else.`;

function slotsInWords(slots: WhyAnswer['slots']): string {
  const [most] = slots;
  if (most === undefined) return 'no pilot is registered';
  if (slots.some(({ kind }) => kind === 'none')) return 'a slot fits and will be given to it in a moment';
  const all = slots.reduce((sum, slot) => sum + slot.count, 0);
  const none =
    all === 1
      ? 'the one registered pilot cannot run it'
      : `none of ${count(all, 'registered pilot')} can run it`;
  return `${none} (${most.sentence})`;
}
