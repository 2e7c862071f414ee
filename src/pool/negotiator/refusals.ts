import type { ClassAd } from '#classad/class-ad.ts';

/** Entries in all; a few dozen bytes each. Beyond, everything is forgotten and found out again. */
const mostRemembered = 1_000_000;

/**
 * Which autoclusters were found not to fit a slot. A slot's ad is another object whenever what is free changes, so a
 * refusal holds until then, but for expressions that read the time: for their sake it is all forgotten now and then.
 */
export class Refusals {
  #bySlot = new WeakMap<ClassAd, Set<number>>();
  #count = 0;

  has(slot: ClassAd, autocluster: number): boolean {
    return this.#bySlot.get(slot)?.has(autocluster) === true;
  }

  add(slot: ClassAd, autocluster: number): void {
    if (this.#count >= mostRemembered) this.forget();
    let known = this.#bySlot.get(slot);
    if (known === undefined) {
      known = new Set();
      this.#bySlot.set(slot, known);
    }
    known.add(autocluster);
    this.#count += 1;
  }

  forget(): void {
    this.#bySlot = new WeakMap();
    this.#count = 0;
  }
}
