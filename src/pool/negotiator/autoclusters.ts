import { GlideinError } from '#base/error.ts';
import { attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { printExpression } from '#classad/print.ts';
import { isWaiting, type Job } from '../queue/job.ts';
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

/** Attributes of jobs that all slots together may ask for: each makes the sorting of every job slower. */
export const mostAsked = 1000;

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
  readonly #rests: (job: Job) => boolean;
  readonly #bySignature = new Map<string, Autocluster>();
  readonly #byJob = new Map<Job, Autocluster>();
  /** Lower-case names that slots' expressions look up in jobs. */
  readonly #askedBySlots = new Set<string>();
  #nextId = 1;

  /** @param rests whether an idle job is not to be tried again yet */
  constructor(ads: JobAds, rests: (job: Job) => boolean = () => false) {
    this.#ads = ads;
    this.#rests = rests;
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
    if (job.state === 'Running' || (isWaiting(job) && !this.#rests(job))) {
      const autocluster = old ?? this.#find(job);
      this.#byJob.set(job, autocluster);
      autocluster[job.state === 'Idle' ? 'waiting' : 'running'].add(job);
    } else {
      this.#byJob.delete(job);
    }
    if (old !== undefined && old.waiting.size + old.running.size === 0)
      this.#bySignature.delete(old.signature);
  }

  /**
   * Takes note of what a slot's expressions ask of jobs; if that is new, all jobs are sorted again.
   * @throws GlideinError TooLarge when slots would ask for more attributes than {@link mostAsked}
   */
  learnSlot(slot: ClassAd): void {
    const asked = [...askedOfJobs(slot)].filter((name) => !this.#askedBySlots.has(name));
    if (asked.length === 0) return;
    if (this.#askedBySlots.size + asked.length > mostAsked) {
      throw new GlideinError('TooLarge', `slots may ask for ${mostAsked} attributes of jobs in all`, {
        cure: 'let the start expressions of groups look at the same few attributes',
      });
    }
    for (const name of asked) this.#askedBySlots.add(name);
    this.#sortAgain();
  }

  #sortAgain(): void {
    const jobs = [...this.#byJob.keys()];
    this.#byJob.clear();
    this.#bySignature.clear();
    for (const job of jobs) this.update(job);
  }

  #find(job: Job): Autocluster {
    const ad = this.#ads.matching(job);
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

  /** What tells the job's autocluster: every attribute that can have a say in a match, with what those look at. */
  #signature(ad: ClassAd): string {
    const read = attributesRead(ad, [...always, ...this.#askedBySlots]);
    const names = read.anything ? [...ad.names()] : read.my;
    const parts: [name: string, text: string][] = [];
    for (const name of names) {
      const expression = ad.get(name);
      if (expression !== undefined) parts.push([asciiLower(name), printExpression(expression)]);
    }
    parts.sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify(parts);
  }
}

/** Lower-case names that the expressions of a slot look up in jobs. */
function askedOfJobs(slot: ClassAd): ReadonlySet<string> {
  return attributesRead(slot, slot.names()).target;
}
