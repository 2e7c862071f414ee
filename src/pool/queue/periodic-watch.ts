import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '#base/clock.ts';
import { attributesRead } from '#classad/attributes-read.ts';
import { Budget } from '#classad/budget.ts';
import type { Environment } from '#classad/environment.ts';
import type { Logger } from '#telemetry/logger.ts';
import { environmentOf } from '../jobs/environment.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import type { Claim, Cluster, Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { keyOf } from '../jobs/job-key.ts';
import type { Transition } from '../jobs/transition.ts';
import { ClusterCheck, type Finding } from '../policy/cluster-check.ts';
import { staysAfter } from '../policy/leave-in-queue.ts';
import { mayStay, PolicyInputs } from '../policy/policy-inputs.ts';
import { type Verdict, verdictOf } from '../policy/verdict.ts';
import type { Queue } from './queue.ts';

/** Milliseconds of evaluation before other work gets its turn. */
const slice = 4;

/** Jobs that are evaluated between readings of the clock. */
const stride = 32;

/** The most attributes that the policies of one job may read; most read a dozen. */
const mostSteps = 10_000;

/** What a policy says besides its verdict. */
const reasons = ['PeriodicHold', 'PeriodicRelease', 'PeriodicRemove'].flatMap((name) => [
  `${name}Reason`,
  `${name}SubCode`,
]);

/** Attributes, in lower case, for which each proc has to be changed by itself if it sets one of its own. */
const apart = ['userlog', 'leavejobinqueue'];

interface PeriodicWatchOptions {
  readonly queue: Queue;
  readonly ads: JobAds;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds from the start of one round to the start of the next. */
  readonly interval: number;
  readonly record: (transition: Transition) => Promise<void>;
  /** Stops the payload of a job, once its transition is durable. */
  readonly revoke: (claim: Claim, reason: string) => void;
  /** Called for a job whose policy takes too long to evaluate, so that it is held. */
  readonly onDefect: (job: Job, reason: string) => void;
  /** Whether there is memory for this job as one of its own, if it is a fresh proc. */
  readonly hasMemoryFor: (job: Job) => boolean;
  /** Whether transitions can be recorded now. */
  readonly canRecord: () => boolean;
}

/**
 * Evaluates the policies that jobs bring with them, for every job once per interval, and records what they demand. A round
 * runs in slices, so that nothing else has to wait for it.
 */
export class PeriodicWatch {
  readonly #options: PeriodicWatchOptions;
  readonly #plans = new WeakMap<Cluster, PolicyInputs>();
  #timer: Timer | undefined;
  #closed = false;
  #isLooking = false;
  #sliceBegan = 0;
  #count = 0;
  #durable: Promise<void>[] = [];

  constructor(options: PeriodicWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, interval, logger } = this.#options;
    this.#timer = clock.after(interval, () => {
      this.start();
      // If a round takes longer than the interval, the next one is skipped.
      if (this.#isLooking) return;
      this.#isLooking = true;
      this.look()
        .catch((error: unknown) => {
          if (!this.#closed) logger.error({ err: error }, 'cannot evaluate the policies of jobs');
        })
        .finally(() => {
          this.#isLooking = false;
        });
    });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** Evaluates every job once, and resolves when everything that was done is durable. */
  async look(): Promise<void> {
    const { queue, canRecord } = this.#options;
    this.#sliceBegan = performance.now();
    for (const cluster of queue.clusters()) {
      if (this.#closed || !canRecord()) break;
      await this.#lookAt(cluster);
    }
    await this.#pause();
  }

  async #lookAt(cluster: Cluster): Promise<void> {
    const look = new ClusterCheck(this.#planOf(cluster), (job) => this.#evaluate(job)[0]);
    for (const job of this.#jobsOf(cluster, look)) {
      const finding = look.at(job);
      if (finding !== 'nothing') this.#act(job, finding);
      if (!this.#isSpent()) continue;
      await this.#pause();
      if (this.#closed || !this.#options.canRecord()) return;
    }
  }

  /** Fresh procs that agree in everything that the policies read are looked at only if one of them has something to do. */
  #jobsOf({ id }: Cluster, look: ClusterCheck): Iterable<Job> {
    const { queue } = this.#options;
    const fresh = queue.fresh(id);
    const first = fresh?.procs.first;
    if (fresh === undefined || first === undefined) return queue.jobsOf(id);
    const areDone =
      this.#planOf(fresh.cluster).areAlike(fresh) &&
      this.#actTogether(fresh, look.at(fresh.job(first)), first);
    return areDone ? queue.ownJobsOf(id) : queue.jobsOf(id);
  }

  /**
   * Carries out with one record what the policies of fresh procs demand, if the procs agree in everything that these policies
   * read: as jobs of their own, a billion of them would fill the memory.
   * @returns false if each must be looked at, because they may differ in the reason, or in what follows
   */
  #actTogether(fresh: FreshProcs, finding: Finding, first: number): boolean {
    if (finding === 'nothing') return true;
    if (finding === 'slow') {
      if (fresh.shared.state === 'Idle') this.#options.onDefect(fresh.shared, tooSlow);
      return true;
    }
    const job = fresh.job(first);
    const { my, anything } = attributesRead(this.#options.ads.whole(job), reasons);
    const areAlike =
      !anything && !my.has('procid') && !my.has('globaljobid') && !fresh.maySet([...my, ...apart]);
    const [, verdict] = this.#evaluate(job);
    if (!areAlike || verdict === undefined || verdict.action === 'leave' || mayStay(fresh.cluster.ad))
      return false;
    this.#carryOut(fresh.shared, verdict);
    return true;
  }

  #planOf(cluster: Cluster): PolicyInputs {
    let plan = this.#plans.get(cluster);
    if (plan === undefined) {
      plan = new PolicyInputs(cluster.ad, () => this.#options.ads.ofCluster(cluster));
      this.#plans.set(cluster, plan);
    }
    return plan;
  }

  #evaluate(job: Job): readonly [Finding, Verdict | undefined] {
    const budget = new Budget(mostSteps);
    const environment: Environment = { ...environmentOf(this.#options.clock), budget };
    const verdict = verdictOf({ ad: this.#options.ads.whole(job), state: job.state, environment });
    if (budget.isOverdrawn) return ['slow', undefined];
    return [verdict === undefined ? 'nothing' : 'something', verdict];
  }

  #act(job: Job, finding: Finding): void {
    const { onDefect } = this.#options;
    if (finding === 'slow') {
      if (job.state === 'Idle' || job.state === 'Running') onDefect(job, tooSlow);
      return;
    }
    // The reason may read attributes that the policy does not, so it is evaluated for each job.
    const [, verdict] = this.#evaluate(job);
    if (verdict === undefined) return;
    if (verdict.action === 'remove' || this.#options.hasMemoryFor(job)) this.#carryOut(job, verdict);
  }

  #carryOut(job: Job, verdict: Verdict): void {
    const { ads, record, revoke } = this.#options;
    // A job that cannot be read would be held again at once.
    if (verdict.action === 'release' && ads.fault(job) !== undefined) return;
    const { claim } = job;
    const durable = record(this.#transition(job, verdict));
    const reason = verdict.action === 'leave' ? '' : verdict.why.reason;
    this.#durable.push(
      claim === undefined || verdict.action === 'leave' ? durable : durable.then(() => revoke(claim, reason)),
    );
  }

  #transition(job: Job, verdict: Verdict): Transition {
    const { ads, clock } = this.#options;
    const at = clock.wall();
    const base = { at, job: keyOf(job) };
    switch (verdict.action) {
      case 'leave':
        return { type: 'leave', ...base };
      case 'release':
        return { type: 'release', ...base, reason: verdict.why.reason };
      case 'remove': {
        const environment = environmentOf(clock);
        const { reason } = verdict.why;
        const stays = staysAfter(ads.whole(job), { state: 'Removed', reason, at, environment });
        return { type: 'remove', ...base, reason, ...stays };
      }
      case 'hold':
      case 'vacate':
        return { type: verdict.action, ...base, ...verdict.why };
    }
  }

  #isSpent(): boolean {
    this.#count += 1;
    return this.#count % stride === 0 && performance.now() - this.#sliceBegan >= slice;
  }

  async #pause(): Promise<void> {
    const durable = this.#durable;
    this.#durable = [];
    await Promise.all([...durable, nextTurn()]);
    this.#sliceBegan = performance.now();
  }
}

const tooSlow = 'its periodic expressions take too long to evaluate; let them read fewer attributes';
