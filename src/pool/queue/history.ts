import type { Expression } from '#classad/ast.ts';
import { evaluate } from '#classad/evaluate.ts';
import { isTrue } from '#classad/value.ts';
import type { JobView } from '#wire/jobs.ts';
import type { Store } from '../store/store.ts';
import type { HistoryCursor, HistoryRow } from '../store/store-messages.ts';
import type { Job } from './job.ts';
import type { JobAds } from './job-ads.ts';
import { jobView } from './job-view.ts';
import type { Queue } from './queue.ts';
import { clusterFromRecord, jobFromRecord } from './rows.ts';

const page = 500;

interface HistoryOptions {
  readonly queue: Queue;
  readonly store: Store;
  readonly ads: JobAds;
}

/** Whether a job's whole ad satisfies a constraint; without one all do. */
export const satisfies = (ads: JobAds, job: Job, constraint: Expression | undefined): boolean =>
  constraint === undefined || isTrue(evaluate(constraint, ads.whole(job)));

/** Ended jobs, newest first: those that are still in memory, then those that the store has. */
export async function history(
  { queue, store, ads }: HistoryOptions,
  constraint: Expression | undefined,
  limit: number,
): Promise<JobView[]> {
  const recent = [...queue.inState('Completed'), ...queue.inState('Removed')].sort(
    (a, b) => b.enteredAt - a.enteredAt,
  );
  const found = recent.filter((job) => satisfies(ads, job, constraint)).slice(0, limit);
  let cursor: HistoryCursor | undefined;
  while (found.length < limit) {
    const rows = await store.history(cursor, page);
    for (const row of rows) {
      const job = jobOf(row);
      if (found.length < limit && queue.find(row) === undefined && satisfies(ads, job, constraint))
        found.push(job);
    }
    cursor = rows.at(-1);
    if (cursor === undefined) break;
  }
  return found.map((job) => jobView(ads, job));
}

/** A job wherever it is: waiting, running, or ended long ago. */
export async function findJob(
  { queue, store }: HistoryOptions,
  cluster: number,
  proc: number,
): Promise<Job | undefined> {
  const living = queue.find({ cluster, proc });
  if (living !== undefined) return living;
  const [row] = await store.historyOf(cluster, proc);
  return row === undefined ? undefined : jobOf(row);
}

/** All jobs of a cluster, ended ones included, by proc. */
export async function jobsOfCluster({ queue, store }: HistoryOptions, cluster: number): Promise<Job[]> {
  const living = queue.jobsOf(cluster);
  const ended = (await store.historyOf(cluster)).filter((row) => queue.find(row) === undefined).map(jobOf);
  return [...living, ...ended].sort((a, b) => a.proc - b.proc);
}

const jobOf = (row: HistoryRow): Job => jobFromRecord(clusterFromRecord(row.clusterRecord), row.record);
