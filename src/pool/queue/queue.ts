import type { Claim, Cluster, Job } from './job.ts';
import { isFinal, type JobState } from './job-state.ts';
import type { JobKey } from './transition.ts';

/** The jobs in memory, with the indexes that the rest of the pool needs. It is the authority for matching. */
export class Queue {
  readonly #clusters = new Map<number, { cluster: Cluster; jobs: Map<number, Job> }>();
  readonly #byState = new Map<JobState, Set<Job>>();
  readonly #byClaim = new Map<string, Job>();
  readonly #byKey = new Map<string, Cluster>();

  find({ cluster, proc }: JobKey): Job | undefined {
    return this.#clusters.get(cluster)?.jobs.get(proc);
  }

  /** The job that holds this claim now; undefined when the claim is over. */
  claimed(claimId: string): Job | undefined {
    return this.#byClaim.get(claimId);
  }

  cluster(id: number): Cluster | undefined {
    return this.#clusters.get(id)?.cluster;
  }

  /** The cluster of an idempotent submit, while any of its jobs is in memory. */
  clusterByKey(key: string): Cluster | undefined {
    return this.#byKey.get(key);
  }

  *clusters(): Iterable<Cluster> {
    for (const { cluster } of this.#clusters.values()) yield cluster;
  }

  *jobs(): Iterable<Job> {
    for (const { jobs } of this.#clusters.values()) yield* jobs.values();
  }

  jobsOf(cluster: number): readonly Job[] {
    return [...(this.#clusters.get(cluster)?.jobs.values() ?? [])];
  }

  inState(state: JobState): ReadonlySet<Job> {
    return this.#byState.get(state) ?? new Set();
  }

  add(cluster: Cluster, jobs: readonly Job[]): void {
    const known = this.#clusters.get(cluster.id) ?? { cluster, jobs: new Map<number, Job>() };
    this.#clusters.set(cluster.id, known);
    this.#byKey.set(cluster.key, cluster);
    for (const job of jobs) {
      known.jobs.set(job.proc, job);
      this.#stateSet(job.state).add(job);
      if (job.claim !== undefined) this.#byClaim.set(job.claim.ref.id, job);
    }
  }

  /** Brings a job into a state; a claim exists in Running only. */
  move(job: Job, state: JobState, at: number, claim?: Claim): void {
    this.#stateSet(job.state).delete(job);
    if (job.claim !== undefined) this.#byClaim.delete(job.claim.ref.id);
    job.state = state;
    job.enteredAt = at;
    job.claim = claim;
    this.#stateSet(state).add(job);
    if (claim !== undefined) this.#byClaim.set(claim.ref.id, job);
  }

  /** Forgets an ended job: the history has it. */
  forget(job: Job): void {
    if (!isFinal(job.state)) return;
    this.#stateSet(job.state).delete(job);
    const known = this.#clusters.get(job.cluster.id);
    known?.jobs.delete(job.proc);
    if (known?.jobs.size !== 0) return;
    this.#clusters.delete(job.cluster.id);
    this.#byKey.delete(job.cluster.key);
  }

  #stateSet(state: JobState): Set<Job> {
    let set = this.#byState.get(state);
    if (set === undefined) {
      set = new Set();
      this.#byState.set(state, set);
    }
    return set;
  }
}
