import type { ClassAd } from '#classad/class-ad.ts';
import { printExpression } from '#classad/print.ts';
import { references } from '#classad/references.ts';
import type { Job } from '../queue/job.ts';
import type { JobAds } from '../queue/job-ads.ts';

/** Jobs that match alike: they differ in nothing that a slot, or their own Requirements, looks at. */
export interface Autocluster {
  readonly id: number;
  readonly signature: string;
  /** The ad of the first of them stands for all. */
  readonly ad: ClassAd;
  readonly priority: number;
  /** In the order in which they came. */
  readonly waiting: Set<Job>;
  readonly running: Set<Job>;
}

/** What matching looks at in every job. */
const always = [
  'requirements',
  'rank',
  'requestcpus',
  'requestmemory',
  'requestdisk',
  'requestgpus',
  'jobprio',
];

/** Sorts jobs into autoclusters by the values of their significant attributes. */
export class Autoclusters {
  readonly #ads: JobAds;
  readonly #bySignature = new Map<string, Autocluster>();
  readonly #byJob = new Map<Job, Autocluster>();
  /** Lower-case names that slots' expressions look up in jobs. */
  readonly #askedBySlots = new Set<string>();
  #nextId = 1;

  constructor(ads: JobAds) {
    this.#ads = ads;
  }

  all(): Iterable<Autocluster> {
    return this.#bySignature.values();
  }

  of(job: Job): Autocluster | undefined {
    return this.#byJob.get(job);
  }

  /** Sorts a job anew after a transition. */
  update(job: Job): void {
    const old = this.#byJob.get(job);
    old?.waiting.delete(job);
    old?.running.delete(job);
    if (job.state === 'Idle' || job.state === 'Running') {
      const autocluster = old ?? this.#find(job);
      this.#byJob.set(job, autocluster);
      autocluster[job.state === 'Idle' ? 'waiting' : 'running'].add(job);
    } else {
      this.#byJob.delete(job);
    }
    if (old !== undefined && old.waiting.size + old.running.size === 0)
      this.#bySignature.delete(old.signature);
  }

  /** Takes note of what a slot's expressions ask of jobs; if that is new, all jobs are sorted again. */
  learnSlot(slot: ClassAd): void {
    const before = this.#askedBySlots.size;
    for (const name of slot.names()) {
      const expression = slot.get(name);
      if (expression === undefined) continue;
      const { target, bare } = references(expression);
      for (const asked of target) this.#askedBySlots.add(asked);
      for (const asked of bare) if (!slot.has(asked)) this.#askedBySlots.add(asked);
    }
    if (this.#askedBySlots.size > before) this.#sortAgain();
  }

  #sortAgain(): void {
    const jobs = [...this.#byJob.keys()];
    this.#byJob.clear();
    this.#bySignature.clear();
    for (const job of jobs) this.update(job);
  }

  #find(job: Job): Autocluster {
    const ad = this.#ads.submitted(job);
    const signature = this.#signature(ad);
    const found = this.#bySignature.get(signature);
    if (found !== undefined) return found;
    const priority = ad.evaluateNumber('JobPrio') ?? 0;
    const created = {
      id: this.#nextId,
      signature,
      ad,
      priority,
      waiting: new Set<Job>(),
      running: new Set<Job>(),
    };
    this.#nextId += 1;
    this.#bySignature.set(signature, created);
    return created;
  }

  #signature(ad: ClassAd): string {
    const names = new Set([...always, ...this.#askedBySlots]);
    for (const name of always) {
      const expression = ad.get(name);
      if (expression === undefined) continue;
      const { my, bare } = references(expression);
      for (const asked of [...my, ...bare]) names.add(asked);
    }
    const parts = [...names].sort().map((name) => {
      const expression = ad.get(name);
      return expression === undefined ? '' : `${name}=${printExpression(expression)}`;
    });
    return parts.filter((part) => part !== '').join('\n');
  }
}
