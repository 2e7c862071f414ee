import type { ClassAd } from '#classad/class-ad.ts';
import { capacity, type PackedJob, packedJob } from '#match/capacity.ts';
import { fitOf } from '#match/fit.ts';
import { largestShare } from '#match/largest-share.ts';
import { isRefuted } from '#match/refuted.ts';
import { offerOf } from '#match/slot.ts';
import { weighingEnvironment } from '#match/weighing-environment.ts';
import type { OfferedSlots } from './offer.ts';

/** Seconds for which a verdict holds, because expressions may read the time. */
const holds = 60;

/** How a job fits fresh pilots of a group. */
export interface FreshFit {
  /** The share of a pilot's scarcest resource that the job takes. */
  readonly share: number;
  /** How many such jobs fit into one pilot. */
  readonly each: number;
}

/** Undefined if the job does not fit. */
type Verdict = FreshFit | undefined;

/**
 * Which jobs fit the fresh pilots of which groups. Of thousands of autoclusters and dozens of groups, few are new from one
 * demand to the next.
 */
export class Verdicts {
  #known = new WeakMap<OfferedSlots, WeakMap<ClassAd, Verdict>>();
  #until = Number.NEGATIVE_INFINITY;

  /** @param time seconds since the epoch; verdicts of more than a minute before are dropped */
  at(time: number): (slots: OfferedSlots, ad: ClassAd) => Verdict {
    if (time >= this.#until || time < this.#until - holds) {
      this.#known = new WeakMap();
      this.#until = time + holds;
    }
    return (slots, ad) => {
      const known = this.#of(slots);
      if (known.has(ad)) return known.get(ad);
      const verdict = verdictOf(packedJob(ad, weighingEnvironment(time, 1 + slots.came.length)), slots);
      known.set(ad, verdict);
      return verdict;
    };
  }

  #of(slots: OfferedSlots): WeakMap<ClassAd, Verdict> {
    let known = this.#known.get(slots);
    if (known === undefined) {
      known = new WeakMap();
      this.#known.set(slots, known);
    }
    return known;
  }
}

/** A job that cannot be evaluated fits nowhere. */
function verdictOf(job: PackedJob, { template, came }: OfferedSlots): Verdict {
  try {
    if (!fitOf(job.ad, template, job.environment).fits || isRefuted(job, came)) return undefined;
    const { jobs } = capacity(job, template, offerOf(template), Number.POSITIVE_INFINITY);
    return { share: largestShare(job, template), each: Math.max(1, jobs) };
  } catch {
    return undefined;
  }
}
