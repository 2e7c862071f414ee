import { BitSet } from '#base/bit-set.ts';
import type { Autocluster } from './autocluster.ts';
import type { Bucket } from './bucket.ts';
import type { FreeSlots } from './free-slots.ts';

/** Places of those that are gone are given up once there are so many, and more of them than of others. */
const mostGone = 1_000;

/**
 * Autoclusters that have tried all slots, and fit none. They sleep until a slot changes that they might fit: so a change costs
 * nothing for the others, however many they are.
 *
 * Whoever sleeps has seen all changes that were heard of so far, whatever its `lookedThrough` says: either they came before it
 * fell asleep, or they made no difference to it.
 */
export class Sleepers {
  readonly #places = new Map<Autocluster, number>();
  #byPlace: (Autocluster | undefined)[] = [];
  /** By place, like the next. */
  #asleep = new BitSet();
  /** For whom no slot of a bucket will ever do, as far as that has been asked. */
  #without = new WeakMap<Bucket, BitSet>();
  /** All changes up to this number have been heard of. */
  #through = 0;

  /** An autocluster has seen all changes that were heard of so far. */
  add(autocluster: Autocluster): void {
    let place = this.#places.get(autocluster);
    if (place === undefined) {
      place = this.#byPlace.push(autocluster) - 1;
      this.#places.set(autocluster, place);
    }
    this.#asleep.add(place);
  }

  /** An autocluster will try slots without being woken. */
  delete(autocluster: Autocluster): void {
    const place = this.#places.get(autocluster);
    if (place !== undefined) this.#asleep.delete(place);
  }

  /** An autocluster has no waiting jobs any more. */
  forget(autocluster: Autocluster): void {
    const place = this.#places.get(autocluster);
    if (place === undefined) return;
    this.#asleep.delete(place);
    this.#places.delete(autocluster);
    this.#byPlace[place] = undefined;
    if (this.#byPlace.length > 2 * this.#places.size + mostGone) this.#moveTogether();
  }

  /** Hears of what has changed, and wakes those that it might help. @returns these */
  wake(slots: FreeSlots): Autocluster[] {
    const woken: Autocluster[] = [];
    if (slots.newest > this.#through) {
      for (const bucket of slots.bucketsSince(this.#through)) this.#wakeFor(bucket, slots.generation, woken);
      this.#through = slots.newest;
    }
    return woken;
  }

  #wakeFor(bucket: Bucket, generation: number, woken: Autocluster[]): void {
    if (bucket.isFull) return;
    const without = this.#withoutOf(bucket);
    for (const place of this.#asleep.without(without)) {
      const autocluster = this.#byPlace[place] as Autocluster;
      const seen = Math.max(this.#through, autocluster.lookedThrough);
      if (!bucket.mayFit(autocluster, seen)) continue;
      autocluster.verdicts.begin(generation);
      if (autocluster.verdicts.isNone(bucket.number)) {
        without.add(place);
        continue;
      }
      this.#asleep.delete(place);
      autocluster.lookedThrough = seen;
      woken.push(autocluster);
    }
  }

  #withoutOf(bucket: Bucket): BitSet {
    let without = this.#without.get(bucket);
    if (without === undefined) {
      without = new BitSet();
      this.#without.set(bucket, without);
    }
    return without;
  }

  /** Gives those who are left new places, without gaps. */
  #moveTogether(): void {
    const before = this.#byPlace;
    const asleep = new Set(this.#asleep.without(new BitSet()));
    this.#byPlace = [];
    this.#asleep = new BitSet();
    this.#without = new WeakMap();
    for (const [place, autocluster] of before.entries()) {
      if (autocluster === undefined) continue;
      const other = this.#byPlace.push(autocluster) - 1;
      this.#places.set(autocluster, other);
      if (asleep.has(place)) this.#asleep.add(other);
    }
  }
}
