import { type AttributesRead, attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { Computed } from '#classad/slot.ts';
import type { SlotReads } from '#match/prepared-job.ts';
import { lacking } from '#match/resources.ts';
import { type StartClause, startClausesOf } from '#match/start-clauses.ts';
import type { Autocluster } from './autocluster.ts';
import { compareLots, indexOfLot, Lot, type LotSlot } from './lot.ts';
import { type Range, rangeByJob, rangeIn, rangeOfStart, wider } from './range.ts';
import type { RangedKinds } from './ranged-kinds.ts';
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
  readonly #kinds: RangedKinds;
  /** The attributes of the slots that have to be evaluated, in lower case. */
  readonly #computed: ReadonlySet<string>;
  readonly #ranges = new Map<SlotReads, Range>();
  readonly #startRanges = new Map<AttributesRead, Range>();
  #startClauses: readonly StartClause[] | undefined;
  #edition: number;

  constructor(number: number, ad: ClassAd, kinds: RangedKinds) {
    this.number = number;
    this.ad = ad;
    this.#kinds = kinds;
    this.#edition = kinds.edition;
    this.#computed = computedIn(ad);
  }

  /** The clauses of the slots' own Requirements. */
  get startClauses(): readonly StartClause[] {
    this.#startClauses ??= startClausesOf(this.ad);
    return this.#startClauses;
  }

  /** Whether the slots have Requirements with different texts: then the clauses are those of one of them. */
  get startsDiffer(): boolean {
    return ['requirements', 'start'].some((name) => this.ad.has(name) && this.#kinds.isIndividual(name));
  }

  /** What a clause of the slots' own Requirements depends on when it meets this job. */
  startRange({ reads }: StartClause, job: ClassAd): Range {
    this.#checkEdition();
    let own = this.#startRanges.get(reads);
    if (own === undefined) {
      own = rangeOfStart(reads, this.#kinds);
      this.#startRanges.set(reads, own);
    }
    const byJob = rangeByJob(reads, { slot: this.ad, job, kinds: this.#kinds });
    return byJob === undefined ? own : wider(own, byJob);
  }

  /** Whether the slots' own Requirements read the time, or may do so, or whatever else is read of them. */
  get readsClock(): boolean {
    if (this.startsDiffer || this.startClauses.some(({ reads }) => reads.clock)) return true;
    const computed = this.#kinds.names.filter((name) => this.#computed.has(name));
    return computed.length > 0 && attributesRead(this.ad, computed).clock;
  }

  /** What expressions of a job depend on that read this of the slots. */
  range(reads: SlotReads): Range {
    for (const name of reads.target) if (this.#computed.has(name)) return this.#rangeIn(reads);
    return this.#kinds.rangeOf(reads);
  }

  /** The same if they read attributes of the slots that read others. */
  #rangeIn(reads: SlotReads): Range {
    this.#checkEdition();
    let range = this.#ranges.get(reads);
    if (range === undefined) {
      range = rangeIn(this.ad, reads, this.#kinds);
      this.#ranges.set(reads, range);
    }
    return range;
  }

  /** Whether no core of any slot is free. */
  get isFull(): boolean {
    return this.lots.length === 0;
  }

  /** Whether any slot that has changed after a number has enough free for an autocluster, and is not kept free for another one. */
  mayFit({ id, job }: Pick<Autocluster, 'id' | 'job'>, after: number): boolean {
    for (const { newest, reservedFor, free } of this.lots)
      if (
        newest > after &&
        (reservedFor === 0 || reservedFor === id) &&
        lacking(job.least, free) === undefined
      )
        return true;
    return false;
  }

  #checkEdition(): void {
    if (this.#edition === this.#kinds.edition && this.#ranges.size <= mostRanges) return;
    this.#ranges.clear();
    this.#startRanges.clear();
    this.#edition = this.#kinds.edition;
  }

  /** Something of the slot is free. @param leaving whether its pilot retires soon @returns its lot */
  add(slot: LotSlot, leaving: boolean, number: number): Lot {
    const { free, claims, reservedFor } = slot.pilot;
    const created = new Lot({ free, idle: claims.size === 0, leaving, reservedFor }, number);
    const index = indexOfLot(this.lots, created);
    let lot = this.lots[index];
    if (lot === undefined || compareLots(lot, created) !== 0) {
      lot = created;
      this.lots.splice(index, 0, lot);
    }
    lot.add(slot, number);
    return lot;
  }

  /** The lots of pilots that retire soon. */
  leaving(): readonly Lot[] {
    return this.lots.filter(({ leaving }) => leaving);
  }

  /** The slot is full, gone, or has something else free. */
  remove(slot: LotSlot, lot: Lot): void {
    lot.delete(slot);
    if (lot.first === undefined) this.lots.splice(indexOfLot(this.lots, lot), 1);
  }
}

function computedIn(ad: ClassAd): ReadonlySet<string> {
  const computed = new Set<string>();
  for (const name of ad.names())
    if (ad.slot(asciiLower(name)) instanceof Computed) computed.add(asciiLower(name));
  return computed;
}
