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
  *inOrder(after: number): Iterable<Job> {
    for (const job of this.search(after, everything)) if (job !== undefined) yield job;
  }

  /** The same without fresh procs that are not wanted: undefined stands for one, so that a caller can pause in between. */
  search(after: number, wanted: FreshFilter): Iterable<Job | undefined> {
    const own = [...this.own.values()].filter(({ proc }) => proc > after).sort((a, b) => a.proc - b.proc);
    const { fresh } = this;
    return fresh === undefined || wanted.passesOver(fresh)
      ? own
      : merged(own, fresh, wanted, { after, now: this.own });
  }
}

/** Which fresh procs a search wants. They are asked for before a job is made of them. */
export interface FreshFilter {
  /** Whether it wants none of them. */
  passesOver(fresh: FreshProcs): boolean;
  wants(fresh: FreshProcs, proc: number): boolean;
}

const everything: FreshFilter = { passesOver: () => false, wants: () => true };

/**
 * Each job is yielded as it is when its turn comes: it may have been held or removed since, alone or with its cluster. One that
 * has left the queue is yielded as it was at the beginning.
 */
function* merged(
  own: readonly Job[],
  fresh: FreshProcs,
  wanted: FreshFilter,
  { after, now }: { readonly after: number; readonly now: ReadonlyMap<number, Job> },
): Iterable<Job | undefined> {
  const { procs, job } = fresh.snapshot();
  const at = (proc: number): Job | undefined => {
    const known = now.get(proc);
    if (known !== undefined) return known;
    if (!fresh.procs.has(proc)) return job(proc);
    return wanted.wants(fresh, proc) ? fresh.job(proc) : undefined;
  };
  let next = procs.next(after + 1);
  function* until(end: number): Iterable<Job | undefined> {
    for (; next !== undefined && next < end; next = procs.next(next + 1)) yield at(next);
  }
  for (const one of own) {
    yield* until(one.proc);
    yield one;
  }
  yield* until(Number.POSITIVE_INFINITY);
}
