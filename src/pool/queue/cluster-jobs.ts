import { type FreshProcs, freshProcs } from '../jobs/fresh-procs.ts';
import type { Cluster, Job } from '../jobs/job.ts';

/** What the queue knows of one cluster: the jobs to which something has happened, and the procs to which nothing has. */
export class ClusterJobs {
  readonly cluster: Cluster;
  readonly own = new Map<number, Job>();
  fresh: FreshProcs | undefined;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** A job to look at; that of a fresh proc is made anew each time. */
  find(proc: number): Job | undefined {
    if (proc === freshProcs) return this.fresh?.shared;
    return this.own.get(proc) ?? (this.fresh?.procs.has(proc) === true ? this.fresh.job(proc) : undefined);
  }

  /** Makes a fresh proc a job of its own; the caller keeps it. */
  materialize(proc: number): Job | undefined {
    return this.fresh?.procs.delete(proc) === true ? this.fresh.job(proc) : undefined;
  }

  /** The jobs after proc `after`, by proc: all that are there now, even if they leave during the iteration. */
  inOrder(after: number): Iterable<Job> {
    const own = [...this.own.values()].filter(({ proc }) => proc > after).sort((a, b) => a.proc - b.proc);
    return this.fresh === undefined ? own : merged(own, this.fresh.snapshot(), after, this.own);
  }
}

/** A fresh proc to which something has happened since is yielded as it is now, while it is in the queue. */
function* merged(
  own: readonly Job[],
  { procs, job: fresh }: ReturnType<FreshProcs['snapshot']>,
  after: number,
  now: ReadonlyMap<number, Job>,
): Iterable<Job> {
  let next = procs.next(after + 1);
  function* until(end: number): Iterable<Job> {
    for (; next !== undefined && next < end; next = procs.next(next + 1)) yield now.get(next) ?? fresh(next);
  }
  for (const job of own) {
    yield* until(job.proc);
    yield job;
  }
  yield* until(Number.POSITIVE_INFINITY);
}
