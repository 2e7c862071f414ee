import type { Clock } from '#base/clock.ts';
import { changingAttributes } from '../jobs/changing-attributes.ts';
import { stepsFor } from '../jobs/environment.ts';
import type { Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { isFinal } from '../jobs/job-state.ts';
import { jobsFromHistory } from '../jobs/rows.ts';
import type { HistoryCursor, HistoryPage } from '../store/history-rows.ts';
import type { Store } from '../store/store.ts';
import type { Queue } from './queue.ts';

/** Rows of the history that are read at a time. */
const page = 500;

/** The same of a search: most of them were read in order to be evaluated. */
const searchedPage = 2000;

/** Where jobs are: in memory, and in the store. */
export interface JobSources {
  readonly queue: Queue;
  readonly store: Store;
}

export interface HistoryOptions extends JobSources {
  readonly ads: JobAds;
  readonly clock: Clock;
}

/** Newest first; cluster and proc order jobs that ended in the same millisecond. */
const newestFirst = (a: HistoryCursor, b: HistoryCursor): number =>
  b.ended - a.ended || b.cluster - a.cluster || b.proc - a.proc;

/** The position of `job` among the ended jobs. */
export const historyCursor = (job: Job): HistoryCursor => ({
  ended: job.enteredAt,
  cluster: job.cluster.id,
  proc: job.proc,
});

/**
 * Ended jobs that come after `before`, newest first: those still in memory, merged with those in the store.
 * @param constraint leaves out stored jobs for which it cannot be true; the others still have to be evaluated
 */
export function endedJobs(
  { queue, store }: JobSources,
  before: HistoryCursor | undefined,
  constraint?: string,
): AsyncGenerator<Job> {
  const search =
    constraint === undefined
      ? undefined
      : { constraint, changing: [...changingAttributes], steps: stepsFor(1) };
  const order = (a: Job, b: Job) => newestFirst(historyCursor(a), historyCursor(b));
  const isAsked = (job: Job) => before === undefined || newestFirst(before, historyCursor(job)) < 0;
  const own = [...queue.ended].filter(({ stays }) => stays === undefined);
  const recent = inOneOrder([own.sort(order), ...endedTogether(queue)], order);
  const read = async (from: HistoryCursor | undefined) => {
    const slice = await store.history(from ?? before, search === undefined ? page : searchedPage, search);
    return { slice, next: slice.next ?? undefined };
  };
  return merged(filter(recent, isAsked), read, { order });
}

/** Fresh procs whose cluster was removed, newest first: the next fold moves those to the history for which it has room. */
const endedTogether = (queue: Queue): readonly Iterable<Job>[] =>
  [...queue.allFresh()].filter(({ shared }) => isFinal(shared.state)).map((fresh) => fresh.descending());

function* filter(jobs: Iterable<Job>, isAsked: (job: Job) => boolean): Iterable<Job> {
  for (const job of jobs) if (isAsked(job)) yield job;
}

/** Merges jobs from several sources, each of which is in order. */
function* inOneOrder(sources: readonly Iterable<Job>[], order: (a: Job, b: Job) => number): Iterable<Job> {
  const heads = sources.map((source) => {
    const rest = source[Symbol.iterator]();
    return { rest, job: rest.next().value as Job | undefined };
  });
  for (;;) {
    const left = heads.filter(({ job }) => job !== undefined);
    const [first] = left.sort((a, b) => order(a.job as Job, b.job as Job));
    if (first?.job === undefined) return;
    yield first.job;
    first.job = first.rest.next().value;
  }
}

/** All jobs of a cluster after proc `after`, including ended ones, by proc. */
export function jobsOfCluster(
  { queue, store }: JobSources,
  cluster: number,
  after = -1,
): AsyncGenerator<Job> {
  const read = async (from: number | undefined) => {
    const slice = await store.historyOf(cluster, from ?? after, page);
    return { slice, next: slice.rows.at(-1)?.proc };
  };
  return merged(queue.jobsOf(cluster, after), read, { order: (a, b) => a.proc - b.proc });
}

/** A page of the history, and where the next one begins; undefined at the end. */
interface Read<Position> {
  readonly slice: HistoryPage;
  readonly next: Position | undefined;
}

/**
 * Merges jobs in memory with jobs in the store, in one order. Both come bit by bit, since a cluster may have a million jobs.
 * @param living in order; as of now, even if a fold moves one of them to the store meanwhile
 * @param read reads the page that begins after a position
 */
async function* merged<Position>(
  living: Iterable<Job>,
  read: (from: Position | undefined) => Promise<Read<Position>>,
  { order }: { readonly order: (a: Job, b: Job) => number },
): AsyncGenerator<Job> {
  const own = living[Symbol.iterator]();
  let first = own.next().value as Job | undefined;
  let from: Position | undefined;
  do {
    const { slice, next } = await read(from);
    for (const job of jobsFromHistory(slice)) {
      for (; first !== undefined && order(first, job) < 0; first = own.next().value) yield first;
      // A fold has moved it to the store since.
      if (first !== undefined && order(first, job) === 0) first = own.next().value;
      yield job;
    }
    from = next;
  } while (from !== undefined);
  for (; first !== undefined; first = own.next().value) yield first;
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
