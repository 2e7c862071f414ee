import type { Clock } from '#base/clock.ts';
import type { Expression } from '#classad/ast.ts';
import { evaluate } from '#classad/evaluate.ts';
import { isTrue } from '#classad/value.ts';
import { environmentOf } from '../environment.ts';
import type { Store } from '../store/store.ts';
import type { HistoryCursor, HistoryRow } from '../store/store-messages.ts';
import { type Job, jobName } from './job.ts';
import type { JobAds } from './job-ads.ts';
import type { Queue } from './queue.ts';
import { clusterFromRecord, jobFromRecord } from './rows.ts';

const page = 500;

interface Sources {
  readonly queue: Queue;
  readonly store: Store;
}

interface HistoryOptions extends Sources {
  readonly ads: JobAds;
  readonly clock: Clock;
}

/** Whether a job's whole ad satisfies a constraint; without one all do. */
export const satisfies = (
  { ads, clock }: Pick<HistoryOptions, 'ads' | 'clock'>,
  job: Job,
  constraint: Expression | undefined,
): boolean =>
  constraint === undefined || isTrue(evaluate(constraint, ads.whole(job), undefined, environmentOf(clock)));

/**
 * Ended jobs, newest first: those that are still in memory, then those that the store has.
 * @param signal the reader is gone: nobody needs the rest
 */
export async function history(
  options: HistoryOptions,
  constraint: Expression | undefined,
  limit: number,
  signal?: AbortSignal,
): Promise<Job[]> {
  const { queue, store } = options;
  const recent = [...queue.inState('Completed'), ...queue.inState('Removed')].sort(
    (a, b) => b.enteredAt - a.enteredAt,
  );
  // A fold may move a job from memory to the store between two pages.
  const seen = new Set(recent.map(jobName));
  const found = recent.filter((job) => satisfies(options, job, constraint)).slice(0, limit);
  let cursor: HistoryCursor | undefined;
  while (found.length < limit && signal?.aborted !== true) {
    const rows = await store.history(cursor, page);
    for (const row of rows) {
      if (found.length >= limit || seen.has(`${row.cluster}.${row.proc}`)) continue;
      const job = jobOf(row);
      if (satisfies(options, job, constraint)) found.push(job);
    }
    cursor = rows.at(-1);
    if (cursor === undefined) break;
  }
  return found;
}

/** A job wherever it is: waiting, running, or ended long ago. */
export async function findJob(
  { queue, store }: Sources,
  cluster: number,
  proc: number,
): Promise<Job | undefined> {
  const living = queue.find({ cluster, proc });
  if (living !== undefined) return living;
  const [row] = await store.historyOf(cluster, proc);
  return row === undefined ? undefined : jobOf(row);
}

/** All jobs of a cluster, ended ones included, by proc. */
export async function jobsOfCluster({ queue, store }: Sources, cluster: number): Promise<Job[]> {
  const living = queue.jobsOf(cluster);
  const procs = new Set(living.map(({ proc }) => proc));
  const ended = (await store.historyOf(cluster)).filter((row) => !procs.has(row.proc)).map(jobOf);
  return [...living, ...ended].sort((a, b) => a.proc - b.proc);
}

const jobOf = (row: HistoryRow): Job => jobFromRecord(clusterFromRecord(row.clusterRecord), row.record);
