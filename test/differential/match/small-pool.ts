import type { ClassAd } from '#classad/class-ad.ts';
import type { Resources } from '#match/resources.ts';
import { Accountant } from '#pool/accounting/accountant.ts';
import { Collector } from '#pool/collector/collector.ts';
import type { Pilot } from '#pool/collector/pilot.ts';
import { type Job, jobName } from '#pool/jobs/job.ts';
import { JobAds } from '#pool/jobs/job-ads.ts';
import { keyOf } from '#pool/jobs/job-key.ts';
import type { Transition } from '#pool/jobs/transition.ts';
import { Autoclusters } from '#pool/negotiator/autoclusters.ts';
import { ConcurrencyLimits } from '#pool/negotiator/concurrency-limits.ts';
import { Negotiator } from '#pool/negotiator/negotiator.ts';
import { apply } from '#pool/queue/apply.ts';
import { Queue } from '#pool/queue/queue.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { submissionOf } from '#testing/submitted.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { protocolVersion } from '#wire/protocol.ts';

export interface Granted {
  readonly job: Job;
  readonly pilot: Pilot;
  readonly takes: Resources;
  /** What was free of the slot before. */
  readonly free: Resources;
}

/** The pool's queue, collector and negotiator, without a disk and without a server. */
export class SmallPool {
  readonly clock = new ManualClock(Date.now());
  readonly accountant = new Accountant();
  readonly queue = new Queue((job, { takes, submitter = job.cluster.owner }, change) =>
    this.accountant.charge(submitter, change === 'begins' ? takes.cpus : -takes.cpus, this.clock.monotonic()),
  );
  readonly ads = new JobAds();
  readonly collector = new Collector(this.clock);
  readonly autoclusters = new Autoclusters(this.ads, { now: () => this.clock.monotonic() });
  readonly granted: Granted[] = [];
  readonly defects: unknown[] = [];
  /** Whether a job takes all that is free of its slot, so that each slot gets one job at most. */
  takesAll = false;
  readonly #negotiator: Negotiator;
  #passes = 0;
  #clusters = 0;

  constructor() {
    this.#negotiator = new Negotiator({
      autoclusters: this.autoclusters,
      collector: this.collector,
      ads: this.ads,
      limits: new ConcurrencyLimits(this.queue.taken),
      turns: (waiting, cores) => this.accountant.turns(waiting, cores, this.clock.monotonic()),
      clock: this.clock,
      canRecord: () => true,
      hasMemory: () => true,
      grant: (job, pilot, takes) => this.#grant(job, pilot, takes),
      onDefect: (_, error) => this.defects.push(error),
      onPass: () => {
        this.#passes += 1;
      },
    });
  }

  slot(number: number, texts: AdTexts): Pilot {
    const uid = `uid-${number}`;
    const name = `pilot-${number}`;
    const site = `site${number % 4}`;
    const slot = { ...texts, Machine: `"node-${number % 3}"` };
    const hello = {
      type: 'hello' as const,
      protocol: protocolVersion,
      uid,
      name,
      group: 'group',
      site,
      slot,
      retireIn: 86_400,
      draining: false,
      claims: [],
    };
    const connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
    return this.collector.register(hello, connection, (ad) => this.autoclusters.learnSlot(uid, ad));
  }

  submit(owner: string, ad: AdTexts, procs: number): readonly Job[] {
    this.#clusters += 1;
    this.#apply(submissionOf({ cluster: this.#clusters, owner, ad, procs }));
    return [...this.queue.jobsOf(this.#clusters)];
  }

  /** The ad that is matched, as its owner submitted it. */
  adOf(job: Job): ClassAd {
    return this.ads.matching(job);
  }

  /** Passes until there is nothing left to do. */
  async negotiate(): Promise<void> {
    this.#negotiator.wake();
    for (let silent = 0; silent < 3; silent += 1) {
      const passes = this.#passes;
      // Whoever has used up the time for matching has some again.
      this.clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#passes > passes) silent = -1;
    }
  }

  /** Removes all jobs, running or not, and gives back what they took. */
  clear(): void {
    for (const { job, pilot } of this.granted) pilot.giveBack(claimOf(job), this.clock.monotonic());
    this.granted.length = 0;
    const jobs = Array.from(this.queue.jobs());
    for (const job of jobs) {
      const { state, claim } = job;
      if (state === 'Idle' || state === 'Running')
        this.#apply({ type: 'remove', at: 1, job: keyOf(job), reason: 'seen' });
      if (claim !== undefined) this.#apply({ type: 'over', at: 1, job: keyOf(job), epoch: claim.ref.epoch });
    }
  }

  close(): void {
    this.#negotiator.close();
  }

  #grant(job: Job, pilot: Pilot, takes: Resources): void {
    const { free, facts } = pilot;
    this.granted.push({ job, pilot, takes, free });
    const id = claimOf(job);
    const submitter = this.autoclusters.of(job)?.submitter;
    pilot.take(id, this.takesAll ? free : takes);
    this.#apply({
      type: 'claim',
      at: 1,
      job: keyOf(job),
      claim: { generation: 'g', id, epoch: 1 },
      pilot: { uid: facts.uid, name: facts.name, group: facts.group, site: facts.site },
      takes,
      ...(submitter === undefined ? {} : { submitter }),
    });
  }

  #apply(transition: Transition): void {
    const { jobs, fresh } = apply(this.queue, transition);
    for (const job of jobs) this.autoclusters.update(job);
    for (const each of fresh) Array.from(this.autoclusters.updateFresh(each));
  }
}

const claimOf = (job: Job): string => `${jobName(job)}.1`;
