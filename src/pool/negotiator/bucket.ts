import { type AttributesRead, attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { SlotReads } from '#match/prepared-job.ts';
import type { SlotKinds } from '#match/slot-kinds.ts';
import type { Pilot } from '../collector/pilot.ts';
import { indexOfLot, isThere, type Lot, orderOf } from './lot.ts';
import { type Range, rangeByJob, rangeIn, rangeOfStart, wider } from './range.ts';
import type { Recent } from './recency.ts';

/** Of more different reads, the ranges are worked out again. */
const mostRanges = 1_000;

/** Slots of one kind that accept jobs, by what is free of them. */
export class Bucket implements Recent<Bucket> {
  readonly number: number;
  /** The whole ad of one of the slots. */
  ad: ClassAd;
  /** Those in which a core is free, in the order in which they are tried. */
  readonly lots: Lot[] = [];
  /** How many slots accept jobs, full ones too. */
  members = 0;
  newest = 0;
  older: Bucket | undefined;
  newer: Bucket | undefined;
  readonly #kinds: SlotKinds;
  readonly #ranges = new Map<SlotReads, Range>();
  #start: Range | undefined;
  #readByStart: AttributesRead | undefined;
  #edition: number;

  constructor(number: number, ad: ClassAd, kinds: SlotKinds) {
    this.number = number;
    this.ad = ad;
    this.#kinds = kinds;
    this.#edition = kinds.edition;
  }

  /** What the slots' own Requirements depend on when they meet this job. */
  startFor(job: ClassAd): Range {
    this.#checkEdition();
    const read = this.#startReads;
    this.#start ??= rangeOfStart(read, this.#kinds);
    const byJob = rangeByJob(read, { slot: this.ad, job, kinds: this.#kinds });
    return byJob === undefined ? this.#start : wider(this.#start, byJob);
  }

  /** Whether the slots' own Requirements read the time. */
  get readsClock(): boolean {
    return this.#startReads.clock;
  }

  get #startReads(): AttributesRead {
    this.#readByStart ??= attributesRead(this.ad, ['requirements']);
    return this.#readByStart;
  }

  /** What expressions of a job depend on that read this of the slots. */
  range(reads: SlotReads): Range {
    this.#checkEdition();
    let range = this.#ranges.get(reads);
    if (range === undefined) {
      range = rangeIn(this.ad, reads, this.#kinds);
      this.#ranges.set(reads, range);
    }
    return range;
  }

  #checkEdition(): void {
    if (this.#edition === this.#kinds.edition && this.#ranges.size <= mostRanges) return;
    this.#ranges.clear();
    this.#start = undefined;
    this.#edition = this.#kinds.edition;
  }

  /** Something of the slot is free. @param leaving whether its pilot retires soon @returns its lot */
  add(pilot: Pilot, leaving: boolean, number: number): Lot {
    const { free, claims, reservedFor } = pilot;
    const order = orderOf({ free, idle: claims.size === 0, leaving, reservedFor });
    const index = indexOfLot(this.lots, order);
    let lot = this.lots[index];
    if (lot === undefined || !isThere(this.lots, index, order)) {
      lot = { ...order, slots: new Set(), newest: number };
      this.lots.splice(index, 0, lot);
    }
    lot.slots.add(pilot);
    lot.newest = number;
    return lot;
  }

  /** The lots of pilots that retire soon. */
  leaving(): readonly Lot[] {
    return this.lots.filter(({ leaving }) => leaving);
  }

  /** The slot is full, gone, or has something else free. */
  remove(pilot: Pilot, lot: Lot): void {
    lot.slots.delete(pilot);
    if (lot.slots.size === 0) this.lots.splice(indexOfLot(this.lots, lot), 1);
  }
}
