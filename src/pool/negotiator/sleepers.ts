import { BitSet } from '#base/bit-set.ts';
import type { Bucket } from './bucket.ts';

/** Places of those that are gone are given up once there are so many, and more of them than of others. */
const mostGone = 1_000;

/**
 * Who sleeps until a slot changes that might help, and for whom no slot of a bucket ever will: so a change costs nothing for the
 * latter, however many they are.
 */
export class Sleepers<T extends object> {
  readonly #places = new Map<T, number>();
  #byPlace: (T | undefined)[] = [];
  /** By place, like the others. */
  #all = new BitSet();
  #asleep = new BitSet();
  #excluded = new WeakMap<Bucket, BitSet>();

  /** How many are known here, asleep or awake. */
  get size(): number {
    return this.#places.size;
  }

  /** @returns whether it has never slept before, so that nothing is known of it */
  add(sleeper: T): boolean {
    const known = this.#places.get(sleeper);
    const place = known ?? this.#place(sleeper);
    this.#asleep.add(place);
    return known === undefined;
  }

  /** It is awake; what is known of it stays. */
  delete(sleeper: T): void {
    const place = this.#places.get(sleeper);
    if (place !== undefined) this.#asleep.delete(place);
  }

  /** It is gone, or something has become possible for it. */
  forget(sleeper: T): void {
    const place = this.#places.get(sleeper);
    if (place === undefined) return;
    this.#asleep.delete(place);
    this.#all.delete(place);
    this.#places.delete(sleeper);
    this.#byPlace[place] = undefined;
    if (this.#byPlace.length > 2 * this.#places.size + mostGone) this.#moveTogether();
  }

  /** Those who sleep, and whom a slot of this bucket might help some time. */
  *of(bucket: Bucket): Generator<T, undefined> {
    const excluded = this.#excludedFrom(bucket);
    for (let place = this.#asleep.next(0, excluded); place >= 0; ) {
      yield this.#byPlace[place] as T;
      place = this.#asleep.next(place + 1, excluded);
    }
  }

  /** No slot of this bucket will ever help it. */
  exclude(sleeper: T, bucket: Bucket): void {
    const place = this.#places.get(sleeper);
    if (place !== undefined) this.#excludedFrom(bucket).add(place);
  }

  /** Whether no slot of this bucket will ever help anybody who is known here, asleep or awake. */
  areExcluded(bucket: Bucket): boolean {
    return this.#all.isWithin(this.#excludedFrom(bucket));
  }

  #place(sleeper: T): number {
    const place = this.#byPlace.push(sleeper) - 1;
    this.#places.set(sleeper, place);
    this.#all.add(place);
    return place;
  }

  #excludedFrom(bucket: Bucket): BitSet {
    let excluded = this.#excluded.get(bucket);
    if (excluded === undefined) {
      excluded = new BitSet();
      this.#excluded.set(bucket, excluded);
    }
    return excluded;
  }

  /** Gives those who are left new places, without gaps. */
  #moveTogether(): void {
    const [before, asleep] = [[...this.#places], this.#asleep];
    this.#places.clear();
    this.#byPlace = [];
    this.#all = new BitSet();
    this.#asleep = new BitSet();
    this.#excluded = new WeakMap();
    for (const [sleeper, place] of before) {
      const other = this.#place(sleeper);
      if (asleep.has(place)) this.#asleep.add(other);
    }
  }
}
