import type { Clock } from '#base/clock.ts';
import type { Expression } from '#classad/ast.ts';
import { evaluate } from '#classad/evaluate.ts';
import { isTrue } from '#classad/value.ts';
import { environmentFor } from '../environment.ts';
import type { Store } from '../store/store.ts';
import type { HistoryCursor } from '../store/store-messages.ts';
import { type Job, jobName } from './job.ts';
import type { JobAds } from './job-ads.ts';
import type { Queue } from './queue.ts';
import { jobFromHistory } from './rows.ts';

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
  constraint === undefined ||
  isTrue(evaluate(constraint, ads.whole(job), undefined, environmentFor(clock, 1)));

/** Newest first; jobs that ended in one millisecond stay apart. */
const newestFirst = (a: HistoryCursor, b: HistoryCursor): number =>
  b.ended - a.ended || b.cluster - a.cluster || b.proc - a.proc;

/** Where `job` stands among those that have ended. */
export const historyCursor = (job: Job): HistoryCursor => ({
  ended: job.enteredAt,
  cluster: job.cluster.id,
  proc: job.proc,
});

/** Ended jobs after `before`, newest first: those that are still in memory, merged with those that the store has. */
export async function* endedJobs(
  { queue, store }: Sources,
  before: HistoryCursor | undefined,
): AsyncGenerator<Job> {
  const recent = [...queue.inState('Completed'), ...queue.inState('Removed')]
    .map((job) => ({ job, at: historyCursor(job) }))
    .filter(({ at }) => before === undefined || newestFirst(before, at) < 0)
    .sort((a, b) => newestFirst(a.at, b.at));
  // A fold may move a job from memory to the store between two pages.
  const seen = new Set(recent.map(({ job }) => jobName(job)));
  let told = 0;
  for (let cursor = before; ; ) {
    const rows = await store.history(cursor, page);
    for (const row of rows) {
      for (
        let next = recent[told];
        next !== undefined && newestFirst(next.at, row) < 0;
        next = recent[told]
      ) {
        told += 1;
        yield next.job;
      }
      if (!seen.has(`${row.cluster}.${row.proc}`)) yield jobFromHistory(row);
    }
    cursor = rows.at(-1);
    if (cursor === undefined) break;
  }
  for (const { job } of recent.slice(told)) yield job;
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
  return row === undefined ? undefined : jobFromHistory(row);
}

/** All jobs of a cluster, ended ones included, by proc. */
export async function jobsOfCluster({ queue, store }: Sources, cluster: number): Promise<Job[]> {
  const living = queue.jobsOf(cluster);
  const procs = new Set(living.map(({ proc }) => proc));
  const ended = (await store.historyOf(cluster)).filter((row) => !procs.has(row.proc)).map(jobFromHistory);
  return [...living, ...ended].sort((a, b) => a.proc - b.proc);
}
