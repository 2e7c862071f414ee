import { type Claim, type Claimed, type Cluster, hasClaim, isOver, type Job } from '../jobs/job.ts';
import { clusterBytes, jobBytes } from '../jobs/job-bytes.ts';
import type { JobState } from '../jobs/job-state.ts';
import type { JobKey } from '../jobs/transition.ts';
import { LimitCounts } from './limit-counts.ts';

/** The jobs in memory, with the indexes that the rest of the pool needs. Matching relies on it alone. */
export class Queue {
  readonly #clusters = new Map<number, { cluster: Cluster; jobs: Map<number, Job> }>();
  readonly #byState = new Map<JobState, Set<Job>>();
  readonly #byClaim = new Map<string, Job>();
  readonly #byPilot = new Map<string, Set<Claimed>>();
  readonly #byKey = new Map<string, Cluster>();

  /** The number of the newest cluster. No number is used twice. */
  lastCluster = 0;

  /** What all claims together take of the concurrency limits. */
  readonly taken = new LimitCounts();

  #bytes = 0;
  readonly #bytesByOwner = new Map<string, number>();

  /** The memory that all jobs take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The memory that the jobs of one owner take. */
  bytesOf(owner: string): number {
    return this.#bytesByOwner.get(owner) ?? 0;
  }

  /** Takes note that an owner's jobs take this many bytes more (or less, if negative). */
  grew(owner: string, bytes: number): void {
    this.#bytes += bytes;
    const all = this.bytesOf(owner) + bytes;
    if (all > 0) this.#bytesByOwner.set(owner, all);
    else this.#bytesByOwner.delete(owner);
  }

  find({ cluster, proc }: JobKey): Job | undefined {
    return this.#clusters.get(cluster)?.jobs.get(proc);
  }

  /** The job of this claim, running or ending; undefined if the claim is over. */
  claimed(claimId: string): Job | undefined {
    return this.#byClaim.get(claimId);
  }

  /** The jobs whose claims this pilot holds, including ending ones. */
  heldBy(pilotUid: string): readonly Claimed[] {
    return [...(this.#byPilot.get(pilotUid) ?? [])];
  }

  /** Uids of the pilots that hold claims. */
  claimants(): Iterable<string> {
    return this.#byPilot.keys();
  }

  cluster(id: number): Cluster | undefined {
    return this.#clusters.get(id)?.cluster;
  }

  /** The cluster that was submitted with this key, while any of its jobs is in memory. */
  clusterByKey(key: string): Cluster | undefined {
    return this.#byKey.get(key);
  }

  *clusters(): Iterable<Cluster> {
    for (const { cluster } of this.#clusters.values()) yield cluster;
  }

  *jobs(): Iterable<Job> {
    for (const { jobs } of this.#clusters.values()) yield* jobs.values();
  }

  /** The jobs after `key`, ordered by cluster and proc. */
  *jobsAfter(key: JobKey | undefined): Iterable<Job> {
    const from = key?.cluster ?? 0;
    const clusters = [...this.#clusters.keys()].filter((id) => id >= from);
    for (const id of clusters.sort((a, b) => a - b)) {
      const after = id === key?.cluster ? key.proc : -1;
      const jobs = this.jobsOf(id).filter(({ proc }) => proc > after);
      yield* jobs.sort((a, b) => a.proc - b.proc);
    }
  }

  jobsOf(cluster: number): readonly Job[] {
    return [...(this.#clusters.get(cluster)?.jobs.values() ?? [])];
  }

  /** The same without making a list: jobs that are added or dropped during the iteration may or may not appear. */
  *jobsIn(cluster: number): Iterable<Job> {
    yield* this.#clusters.get(cluster)?.jobs.values() ?? [];
  }

  inState(state: JobState): ReadonlySet<Job> {
    return this.#byState.get(state) ?? new Set();
  }

  add(cluster: Cluster, jobs: readonly Job[]): void {
    let known = this.#clusters.get(cluster.id);
    if (known === undefined) {
      known = { cluster, jobs: new Map<number, Job>() };
      this.#clusters.set(cluster.id, known);
      this.grew(cluster.owner, clusterBytes(cluster));
    }
    this.#byKey.set(cluster.key, cluster);
    for (const job of jobs) {
      const former = known.jobs.get(job.proc);
      this.grew(cluster.owner, jobBytes(job) - (former === undefined ? 0 : jobBytes(former)));
      known.jobs.set(job.proc, job);
      this.#stateSet(job.state).add(job);
      this.setClaim(job, job.claim);
    }
  }

  /** Changes the state of a job. Its claim stays as it is: only its pilot can end that. */
  move(job: Job, state: JobState, at: number): void {
    this.#stateSet(job.state).delete(job);
    job.state = state;
    job.enteredAt = at;
    this.#stateSet(state).add(job);
  }

  setClaim(job: Job, claim: Claim | undefined): void {
    if (job.claim !== undefined) this.#dropClaim(job, job.claim);
    job.claim = claim;
    if (!hasClaim(job)) return;
    this.#byClaim.set(job.claim.ref.id, job);
    this.taken.take(job.claim.limits);
    const held = this.#byPilot.get(job.claim.pilotUid);
    if (held === undefined) this.#byPilot.set(job.claim.pilotUid, new Set([job]));
    else held.add(job);
  }

  #dropClaim(job: Job, claim: Claim): void {
    if (this.#byClaim.get(claim.ref.id) === job) {
      this.#byClaim.delete(claim.ref.id);
      this.taken.giveBack(claim.limits);
    }
    const held = this.#byPilot.get(claim.pilotUid);
    held?.delete(job as Claimed);
    if (held?.size === 0) this.#byPilot.delete(claim.pilotUid);
  }

  /** Drops an ended job from memory: it is in the history. */
  forget(job: Job): void {
    if (!isOver(job)) return;
    this.#stateSet(job.state).delete(job);
    const known = this.#clusters.get(job.cluster.id);
    if (known?.jobs.delete(job.proc) === true) this.grew(job.cluster.owner, -jobBytes(job));
    if (known?.jobs.size !== 0) return;
    this.grew(job.cluster.owner, -clusterBytes(job.cluster));
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
