import { attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Pilot } from '../collector/pilot.ts';

interface Seen {
  readonly slot: ClassAd;
  readonly number: number;
}

/**
 * Numbers the slots in the order in which they came or last changed. An autocluster that has tried all slots up to a number,
 * and found that none fits, only has to try those with larger numbers. So each autocluster remembers just one number.
 */
export class SlotNews {
  /** In the order of their numbers. */
  readonly #seen = new Map<Pilot, Seen>();
  #newest = 0;
  /** Newest first. */
  #order: readonly Pilot[] = [];
  /** Pilots whose slots have changed since {@link look}. */
  readonly #changed = new Set<Pilot>();
  readonly #readClock = new WeakMap<ClassAd, boolean>();

  /** The number of the slot that came or changed last. */
  get newest(): number {
    return this.#newest;
  }

  /** The largest number among the slots that were there when the pass began. */
  get newestThere(): number {
    const [first] = this.#order;
    return first === undefined ? 0 : this.#numberOf(first);
  }

  /** Begins a pass with the pilots that accept jobs now. A pilot that did not accept jobs in the last pass counts as new. */
  look(pilots: readonly Pilot[]): void {
    this.#changed.clear();
    const there = new Set(pilots);
    for (const pilot of this.#seen.keys()) if (!there.has(pilot)) this.#seen.delete(pilot);
    for (const pilot of pilots)
      if (this.#seen.get(pilot)?.slot !== pilot.freeSlot) this.#note(pilot, pilot.freeSlot);
    this.#order = [...this.#seen.keys()].reverse();
  }

  /** The pilot got a job, so what is left of it is a changed slot. */
  changed(pilot: Pilot): void {
    this.#note(pilot, pilot.freeSlot);
    this.#changed.add(pilot);
  }

  /** The pilots whose slots came or changed after `number`. */
  *since(number: number): Generator<Pilot> {
    yield* this.#changed;
    for (const pilot of this.#order) {
      if (this.#changed.has(pilot)) continue;
      if (this.#numberOf(pilot) <= number) return;
      yield pilot;
    }
  }

  /** Some time has passed: a slot whose expressions read the time may now accept what it refused. */
  timePassed(): void {
    const all = [...this.#seen];
    for (const [pilot, { slot }] of all) if (this.#readsClock(pilot.facts.slot)) this.#note(pilot, slot);
  }

  #note(pilot: Pilot, slot: ClassAd): void {
    this.#newest += 1;
    this.#seen.delete(pilot);
    this.#seen.set(pilot, { slot, number: this.#newest });
  }

  #numberOf(pilot: Pilot): number {
    return this.#seen.get(pilot)?.number ?? 0;
  }

  #readsClock(slot: ClassAd): boolean {
    let reads = this.#readClock.get(slot);
    if (reads === undefined) {
      reads = attributesRead(slot, slot.names()).clock;
      this.#readClock.set(slot, reads);
    }
    return reads;
  }
}
