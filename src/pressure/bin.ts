import type { ClassAd } from '#classad/class-ad.ts';
import { fitOf } from '#match/fit.ts';
import { minus, type Resources } from '#match/resources.ts';
import { offerOf, withFree } from '#match/slot.ts';

/** A pilot, real or only thought of, into which waiting jobs are packed to see how far it goes. */
export class Bin {
  readonly #slot: ClassAd;
  #free: Resources;
  #ad: ClassAd;
  #jobs = 0;

  constructor(slot: ClassAd) {
    this.#slot = slot;
    this.#free = offerOf(slot);
    this.#ad = slot;
  }

  get isUsed(): boolean {
    return this.#jobs > 0;
  }

  /** Packs up to `count` jobs like `job`. @returns how many found room */
  pack(job: ClassAd, count: number): number {
    let packed = 0;
    while (packed < count) {
      const verdict = fitOf(job, this.#ad);
      if (!verdict.fits) break;
      this.#free = minus(this.#free, verdict.takes);
      this.#ad = withFree(this.#slot, this.#free);
      packed += 1;
    }
    this.#jobs += packed;
    return packed;
  }
}
