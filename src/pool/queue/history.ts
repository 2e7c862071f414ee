import type { Clock } from '#base/clock.ts';
import type { Expression } from '#classad/ast.ts';
import { evaluate } from '#classad/evaluate.ts';
import { isTrue } from '#classad/value.ts';
import { environmentFor } from '../jobs/environment.ts';
import { type Job, jobName } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { jobsFromHistory } from '../jobs/rows.ts';
import type { Store } from '../store/store.ts';
import type { HistoryCursor, HistoryPage } from '../store/store-messages.ts';
import type { Queue } from './queue.ts';

const page = 500;

/** Where jobs are: in memory, and in the store. */
export interface JobSources {
  readonly queue: Queue;
  readonly store: Store;
}

export interface HistoryOptions extends JobSources {
  readonly ads: JobAds;
  readonly clock: Clock;
}

/** Whether a job's whole ad satisfies the constraint, if there is one. */
export const satisfies = (
  { ads, clock }: Pick<HistoryOptions, 'ads' | 'clock'>,
  job: Job,
  constraint: Expression | undefined,
): boolean =>
  constraint === undefined ||
  isTrue(evaluate(constraint, ads.whole(job), undefined, environmentFor(clock, 1)));

/** Newest first; cluster and proc order jobs that ended in the same millisecond. */
const newestFirst = (a: HistoryCursor, b: HistoryCursor): number =>
  b.ended - a.ended || b.cluster - a.cluster || b.proc - a.proc;

/** The position of `job` among the ended jobs. */
export const historyCursor = (job: Job): HistoryCursor => ({
  ended: job.enteredAt,
  cluster: job.cluster.id,
  proc: job.proc,
});

/** Ended jobs that come after `before`, newest first: those still in memory, merged with those in the store. */
export function endedJobs(
  { queue, store }: JobSources,
  before: HistoryCursor | undefined,
): AsyncGenerator<Job> {
  const recent = [...queue.inState('Completed'), ...queue.inState('Removed')].filter(
    (job) => job.stays === undefined && (before === undefined || newestFirst(before, historyCursor(job)) < 0),
  );
  return merged(recent, (last) => store.history(last === undefined ? before : historyCursor(last), page), {
    order: (a, b) => newestFirst(historyCursor(a), historyCursor(b)),
  });
}

/** All jobs of a cluster after proc `after`, including ended ones, by proc. */
export function jobsOfCluster(
  { queue, store }: JobSources,
  cluster: number,
  after = -1,
): AsyncGenerator<Job> {
  const living = queue.jobsOf(cluster).filter(({ proc }) => proc > after);
  return merged(living, (last) => store.historyOf(cluster, last?.proc ?? after, page), {
    order: (a, b) => a.proc - b.proc,
  });
}

/**
 * Merges jobs in memory with jobs in the store, in one order. The store is read page by page, since a cluster may have a
 * million jobs.
 * @param next reads the page that follows this job
 */
async function* merged(
  living: Job[],
  next: (last: Job | undefined) => Promise<HistoryPage>,
  { order }: { readonly order: (a: Job, b: Job) => number },
): AsyncGenerator<Job> {
  living.sort(order);
  // A fold may move a job from memory to the store between two pages.
  const seen = new Set(living.map(jobName));
  let told = 0;
  for (let last: Job | undefined; ; ) {
    const stored = jobsFromHistory(await next(last));
    for (const job of stored) {
      for (let first = living[told]; first !== undefined && order(first, job) < 0; first = living[told]) {
        told += 1;
        yield first;
      }
      if (!seen.has(jobName(job))) yield job;
    }
    last = stored.at(-1);
    if (last === undefined) break;
  }
  yield* living.slice(told);
}

/** Finds a job wherever it is, in memory or in the history. */
export async function findJob(
  { queue, store }: JobSources,
  cluster: number,
  proc: number,
): Promise<Job | undefined> {
  const living = queue.find({ cluster, proc });
  if (living !== undefined) return living;
  const [job] = jobsFromHistory(await store.historyOf(cluster, proc - 1, 1));
  return job?.proc === proc ? job : undefined;
}
