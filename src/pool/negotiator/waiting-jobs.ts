import type { FreshProcs } from '../jobs/fresh-procs.ts';
import type { Job } from '../jobs/job.ts';
import { type Interval, ProcIntervals } from '../jobs/proc-intervals.ts';

/**
 * The waiting jobs of an autocluster: first those that have been tried before, then fresh procs, each cluster's in the order of
 * their numbers.
 */
export class WaitingJobs implements Iterable<Job> {
  readonly #own = new Set<Job>();
  readonly #fresh = new Map<FreshProcs, ProcIntervals>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The first of them. That of a fresh proc is made for the caller. */
  get first(): Job | undefined {
    for (const job of this) return job;
    return undefined;
  }

  /** Those that have been tried before. */
  get own(): Iterable<Job> {
    return this.#own;
  }

  /** The clusters whose fresh procs are among them. */
  get fresh(): Iterable<FreshProcs> {
    return this.#fresh.keys();
  }

  /** The fresh procs of a cluster that are among them. */
  procsOf(fresh: FreshProcs): readonly number[] {
    return [...(this.#fresh.get(fresh) ?? [])];
  }

  /** The number of the cluster that has waited longest; 0 if none waits. */
  get oldestCluster(): number {
    const [own] = this.#own;
    const [fresh] = this.#fresh.keys();
    if (own === undefined) return fresh?.cluster.id ?? 0;
    return Math.min(own.cluster.id, fresh?.cluster.id ?? Number.POSITIVE_INFINITY);
  }

  /** Whether this is one of those, and no fresh proc. */
  isOwn(job: Job): boolean {
    return this.#own.has(job);
  }

  add(job: Job): void {
    if (this.#own.has(job)) return;
    this.#own.add(job);
    this.#size += 1;
  }

  addFresh(fresh: FreshProcs, [first, last]: Interval): void {
    let procs = this.#fresh.get(fresh);
    if (procs === undefined) {
      procs = new ProcIntervals();
      this.#fresh.set(fresh, procs);
    }
    procs.add(first, last);
    this.#size += last - first + 1;
  }

  /** @returns whether it was there */
  delete(job: Job): boolean {
    if (!this.#own.delete(job)) return false;
    this.#size -= 1;
    return true;
  }

  /** The same for procs of a cluster that has none here yet. They are the caller's no more. */
  addAllFresh(fresh: FreshProcs, procs: ProcIntervals): void {
    this.#fresh.set(fresh, procs);
    this.#size += procs.size;
  }

  hasFresh(fresh: FreshProcs, proc: number): boolean {
    return this.#fresh.get(fresh)?.has(proc) === true;
  }

  /** A fresh proc has become a job of its own, or must not be matched. @returns whether it was there */
  deleteFresh(fresh: FreshProcs, proc: number): boolean {
    const procs = this.#fresh.get(fresh);
    if (procs?.delete(proc) !== true) return false;
    this.#size -= 1;
    if (procs.size === 0) this.#fresh.delete(fresh);
    return true;
  }

  /** Removes all fresh procs of a cluster. */
  deleteAllFresh(fresh: FreshProcs): void {
    this.#size -= this.#fresh.get(fresh)?.size ?? 0;
    this.#fresh.delete(fresh);
  }

  /** Jobs may leave and come during the iteration. A fresh proc is made into a job for the caller, and is not in the queue. */
  *[Symbol.iterator](): Iterator<Job> {
    yield* this.#own;
    for (const [fresh, procs] of this.#fresh) for (const proc of procs) yield fresh.job(proc);
  }
}
