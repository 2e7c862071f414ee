import { jobOfClaim } from '../jobs/claim-id.ts';
import { type FreshProcs, freshProcs } from '../jobs/fresh-procs.ts';
import { type Claim, type Claimed, type Cluster, hasClaim, isOver, type Job } from '../jobs/job.ts';
import { clusterBytes, jobBytes } from '../jobs/job-bytes.ts';
import type { JobState } from '../jobs/job-state.ts';
import type { JobKey } from '../jobs/transition.ts';
import { ClusterJobs, type FreshFilter } from './cluster-jobs.ts';
import { LimitCounts } from './limit-counts.ts';
import { StateIndex } from './state-index.ts';

/** Told of every claim when it begins and when it is over, whatever the reason, and of those that a replay restores. */
export type ClaimListener = (job: Job, claim: Claim, change: 'begins' | 'over') => void;

/** The jobs in memory, with the indexes that the rest of the pool needs. Matching relies on it alone. */
export class Queue {
  readonly #clusters = new Map<number, ClusterJobs>();
  readonly #states = new StateIndex();
  readonly #byPilot = new Map<string, Set<Claimed>>();
  readonly #byKey = new Map<string, Cluster>();

  /** The number of the newest cluster. No number is used twice. */
  lastCluster = 0;

  /** What all claims together take of the concurrency limits. */
  readonly taken = new LimitCounts();

  readonly #onClaim: ClaimListener;
  #bytes = 0;
  readonly #bytesByOwner = new Map<string, number>();
  readonly #ownJobsByOwner = new Map<string, number>();

  constructor(onClaim: ClaimListener = () => {}) {
    this.#onClaim = onClaim;
  }

  /** The memory that all jobs take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The memory that the jobs of one owner take. */
  bytesOf(owner: string): number {
    return this.#bytesByOwner.get(owner) ?? 0;
  }

  /** How many jobs of one owner are more than fresh procs. */
  ownJobsOfOwner(owner: string): number {
    return this.#ownJobsByOwner.get(owner) ?? 0;
  }

  #countOwn(owner: string, by: 1 | -1): void {
    const count = this.ownJobsOfOwner(owner) + by;
    if (count > 0) this.#ownJobsByOwner.set(owner, count);
    else this.#ownJobsByOwner.delete(owner);
  }

  /** Takes note that an owner's jobs take this many bytes more (or less, if negative). */
  grew(owner: string, bytes: number): void {
    this.#bytes += bytes;
    const all = this.bytesOf(owner) + bytes;
    if (all > 0) this.#bytesByOwner.set(owner, all);
    else this.#bytesByOwner.delete(owner);
  }

  /**
   * A job to look at.
   *
   * **Gotchas.** A fresh proc is made into a job anew each time, and that job is not in the queue. Name it by its key to
   * change it; see {@link materialize}.
   */
  find({ cluster, proc }: JobKey): Job | undefined {
    return this.#clusters.get(cluster)?.find(proc);
  }

  /** A job of the queue, about to change: a fresh proc becomes a job of its own. Only `apply` calls this. */
  materialize(key: JobKey): Job | undefined {
    const known = this.#known(key);
    if (known !== undefined) return known;
    const job = this.#clusters.get(key.cluster)?.materialize(key.proc);
    if (job === undefined) return undefined;
    this.#states.remove(job, 1);
    this.#take(job);
    return job;
  }

  /** A job that is more than a fresh proc, or what those of a cluster share. */
  #known({ cluster, proc }: JobKey): Job | undefined {
    const jobs = this.#clusters.get(cluster);
    return proc === freshProcs ? jobs?.fresh?.shared : jobs?.own.get(proc);
  }

  /** The job of this claim, running or ending; undefined if the claim is over. */
  claimed(claimId: string): Job | undefined {
    const key = jobOfClaim(claimId);
    const job = key && this.#known(key);
    return job?.claim?.ref.id === claimId ? job : undefined;
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

  /** The procs of this cluster to which nothing has happened yet. */
  fresh(cluster: number): FreshProcs | undefined {
    return this.#clusters.get(cluster)?.fresh;
  }

  /** The cluster that was submitted with this key, while any of its jobs is in memory. */
  clusterByKey(key: string): Cluster | undefined {
    return this.#byKey.get(key);
  }

  *clusters(): Iterable<Cluster> {
    for (const { cluster } of this.#clusters.values()) yield cluster;
  }

  /** The jobs that are more than fresh procs. */
  *ownJobs(): Iterable<Job> {
    for (const { own } of this.#clusters.values()) yield* own.values();
  }

  /** Every job; those of fresh procs are made for the caller. */
  *jobs(): Iterable<Job> {
    for (const id of this.#clusters.keys()) yield* this.jobsOf(id);
  }

  /** How many jobs there are. */
  get size(): number {
    let size = 0;
    for (const { own, fresh } of this.#clusters.values()) size += own.size + (fresh?.procs.size ?? 0);
    return size;
  }

  *allFresh(): Iterable<FreshProcs> {
    for (const { fresh } of this.#clusters.values()) if (fresh !== undefined) yield fresh;
  }

  /** The jobs after `key`, ordered by cluster and proc. */
  *jobsAfter(key: JobKey | undefined): Iterable<Job> {
    for (const id of this.clustersFrom(key)) yield* this.jobsOf(id, id === key?.cluster ? key.proc : -1);
  }

  /** The same without fresh procs that are not wanted; see {@link ClusterJobs.search}. */
  *search(key: JobKey | undefined, wanted: FreshFilter): Iterable<Job | undefined> {
    for (const id of this.clustersFrom(key))
      yield* this.searchIn(id, id === key?.cluster ? key.proc : -1, wanted);
  }

  /** The same of one cluster, after proc `after`. */
  searchIn(cluster: number, after: number, wanted: FreshFilter): Iterable<Job | undefined> {
    return this.#clusters.get(cluster)?.search(after, wanted) ?? [];
  }

  /** The numbers of the clusters from that of `key` on, ascending. */
  clustersFrom(key: JobKey | undefined): readonly number[] {
    const from = key?.cluster ?? 0;
    return [...this.#clusters.keys()].filter((id) => id >= from).sort((a, b) => a - b);
  }

  /**
   * The jobs of a cluster after proc `after`, by proc: all that are there now, even if they leave during the iteration.
   */
  jobsOf(cluster: number, after = -1): Iterable<Job> {
    return this.#clusters.get(cluster)?.inOrder(after) ?? [];
  }

  /** The jobs of a cluster that are more than fresh procs, in no particular order. */
  ownJobsOf(cluster: number): Iterable<Job> {
    return this.#clusters.get(cluster)?.own.values() ?? [];
  }

  /** How many jobs are in this state. */
  countIn(state: JobState): number {
    return this.#states.count(state);
  }

  /** The jobs that have ended and are still in memory, other than fresh procs. */
  get ended(): ReadonlySet<Job> {
    return this.#states.ended;
  }

  add(cluster: Cluster, jobs: Iterable<Job>): void {
    const known = this.#clusterJobs(cluster);
    for (const job of jobs) {
      const former = known.own.get(job.proc);
      if (former !== undefined) {
        this.setClaim(former, undefined);
        this.#drop(known, former);
      }
      if (known.fresh?.procs.delete(job.proc) === true) this.#states.remove(known.fresh.shared, 1);
      this.#take(job);
    }
  }

  /** Adds the procs of a new cluster, to which nothing has happened yet. */
  addFresh(fresh: FreshProcs): void {
    const known = this.#clusterJobs(fresh.cluster);
    known.fresh = fresh;
    for (const proc of known.own.keys()) fresh.procs.delete(proc);
    this.#states.add(fresh.shared, fresh.procs.size);
    this.grew(fresh.cluster.owner, fresh.bytes + jobBytes(fresh.shared));
    this.setClaim(fresh.shared, fresh.shared.claim);
  }

  /** Takes note that a proc which counted as fresh is in the history. */
  dropFresh(cluster: number, proc: number): void {
    const fresh = this.fresh(cluster);
    if (fresh?.procs.delete(proc) === true) this.#states.remove(fresh.shared, 1);
  }

  /** Changes the state of a job. Its claim stays as it is: only its pilot can end that. */
  move(job: Job, state: JobState, at: number): void {
    const fresh = this.fresh(job.cluster.id);
    const count = fresh?.shared === job ? fresh.procs.size : 1;
    this.#states.remove(job, count);
    job.state = state;
    job.enteredAt = at;
    this.#states.add(job, count);
  }

  setClaim(job: Job, claim: Claim | undefined): void {
    if (job.claim !== undefined) this.#dropClaim(job, job.claim);
    job.claim = claim;
    if (!hasClaim(job)) return;
    this.taken.take(job.claim.limits);
    this.#onClaim(job, job.claim, 'begins');
    const held = this.#byPilot.get(job.claim.pilotUid);
    if (held === undefined) this.#byPilot.set(job.claim.pilotUid, new Set<Claimed>().add(job));
    else held.add(job);
  }

  #dropClaim(job: Job, claim: Claim): void {
    this.taken.giveBack(claim.limits);
    this.#onClaim(job, claim, 'over');
    const held = this.#byPilot.get(claim.pilotUid);
    held?.delete(job as Claimed);
    if (held?.size === 0) this.#byPilot.delete(claim.pilotUid);
  }

  /** Drops an ended job from memory: it is in the history. */
  forget(job: Job): void {
    const known = this.#clusters.get(job.cluster.id);
    if (!isOver(job) || known?.own.get(job.proc) !== job) return;
    this.#drop(known, job);
    this.#dropEmpty(known);
  }

  #drop(known: ClusterJobs, job: Job): void {
    this.#states.remove(job, 1);
    known.own.delete(job.proc);
    this.#countOwn(job.cluster.owner, -1);
    this.grew(job.cluster.owner, -jobBytes(job));
  }

  /** Drops the differences that no fresh proc of the cluster needs any more. */
  dropUnused(fresh: FreshProcs): void {
    const before = fresh.bytes;
    fresh.dropUnused();
    this.grew(fresh.cluster.owner, fresh.bytes - before);
  }

  /** Drops fresh procs that were removed, or of which none is left. */
  forgetFresh(fresh: FreshProcs): void {
    const known = this.#clusters.get(fresh.cluster.id);
    if (known?.fresh !== fresh || (!isOver(fresh.shared) && fresh.procs.size > 0)) return;
    this.#states.remove(fresh.shared, fresh.procs.size);
    this.setClaim(fresh.shared, undefined);
    known.fresh = undefined;
    this.grew(fresh.cluster.owner, -fresh.bytes - jobBytes(fresh.shared));
    this.#dropEmpty(known);
  }

  #dropEmpty({ cluster, own, fresh }: ClusterJobs): void {
    if (own.size > 0 || fresh !== undefined) return;
    this.grew(cluster.owner, -clusterBytes(cluster));
    this.#clusters.delete(cluster.id);
    this.#byKey.delete(cluster.key);
  }

  #clusterJobs(cluster: Cluster): ClusterJobs {
    let known = this.#clusters.get(cluster.id);
    if (known === undefined) {
      known = new ClusterJobs(cluster);
      this.#clusters.set(cluster.id, known);
      this.grew(cluster.owner, clusterBytes(cluster));
    }
    this.#byKey.set(cluster.key, cluster);
    return known;
  }

  /** Adds a job to its cluster and to every index. */
  #take(job: Job): void {
    this.#clusters.get(job.cluster.id)?.own.set(job.proc, job);
    this.#countOwn(job.cluster.owner, 1);
    this.grew(job.cluster.owner, jobBytes(job));
    this.#states.add(job, 1);
    const { claim } = job;
    job.claim = undefined;
    this.setClaim(job, claim);
  }
}
