import { Heap } from '#base/heap.ts';
import type { Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Autocluster } from './autocluster.ts';
import type { Bucket } from './bucket.ts';
import type { FreeSlot, FreeSlots } from './free-slots.ts';
import { compareLots, type Lot, type LotSlot } from './lot.ts';
import type { Fitting, Match } from './match.ts';
import { type Judgement, verdict } from './verdicts.ts';

/** Where the next job can go: to any slot of a lot, or to one slot. */
export class Candidate implements Fitting {
  readonly takes: Resources;
  readonly rank: number;
  readonly limits: readonly Limit[];
  readonly bucket: Bucket;
  readonly judgement: Judgement;
  lot: Lot;
  /** Given if only this slot is meant. */
  slot: LotSlot | undefined;
  /** Whether the pilot retires soon, and the job is known to end before. */
  readonly isShort: boolean;
  /** The number of the latest change of this slot when it was looked at; 0 if it was not looked at by itself. */
  readonly asOf: number;
  /** Whether the candidate stands for all lots of its bucket, of which `lot` comes first. */
  readonly forAll: boolean;
  /** Whether another candidate has taken its place. */
  isOver = false;

  constructor(
    { takes, rank, limits }: Fitting,
    { bucket, lot, slot, judgement }: Place,
    { asOf = 0, isShort = false, forAll = false } = {},
  ) {
    this.takes = takes;
    this.rank = rank;
    this.limits = limits;
    this.bucket = bucket;
    this.judgement = judgement;
    this.lot = lot;
    this.slot = slot;
    this.isShort = isShort;
    this.asOf = asOf;
    this.forAll = forAll;
  }
}

type Place = Pick<Candidate, 'bucket' | 'lot' | 'slot' | 'judgement'>;

/** The most slots of a bucket, each to be looked at by itself, that are looked at without a glance at the time. */
const mostTogether = 1_000;

/** The lot, or the slot, that comes first in a bucket. */
interface First {
  readonly fitting: Fitting;
  readonly lot: Lot;
  readonly slot: LotSlot | undefined;
}

export interface LookOptions {
  /** The number of the autocluster. */
  readonly id: number;
  readonly slots: FreeSlots;
  /** The milliseconds that a job runs at most; undefined if it does not say. */
  readonly longest: number | undefined;
  readonly hasRoom: (limits: readonly Limit[]) => Limit | undefined;
}

/**
 * The slots that fit the jobs of one autocluster, the best first: by the job's Rank, then in the order of lots; but a job that says
 * how long it runs first goes to pilots that retire soon, if it ends before they do.
 */
export class Look {
  /** The limits that kept jobs from slots which fit them. */
  readonly reached = new Set<Limit>();
  readonly #options: LookOptions;
  readonly #heap = new Heap<Candidate>(compare);
  /** The candidates that stand for all lots of a bucket. */
  readonly #ofBuckets = new Map<Bucket, Candidate>();
  /** Lots that are, or were, candidates by themselves. */
  readonly #lots = new WeakSet<Lot>();
  /** Slots that were looked at with their buckets, each by itself, and the numbers of their latest changes then. */
  readonly #slots = new Map<LotSlot, number>();
  #match: Match;
  #now: number;
  /** All changes up to this number have been looked at; where it goes by buckets, all buckets that changed last up to it. */
  through: number;
  /** Whether it has looked at some buckets and not at others: in these, slots that changed before may be new to it. */
  byBuckets: boolean;

  /** @param now monotonic milliseconds @param begun what has been looked at is not looked at again */
  constructor(
    options: LookOptions,
    match: Match,
    now: number,
    { lookedThrough, byBuckets }: Pick<Autocluster, 'lookedThrough' | 'byBuckets'>,
  ) {
    this.#options = options;
    this.#match = match;
    this.#now = now;
    this.through = lookedThrough;
    this.byBuckets = byBuckets;
  }

  /** Goes on after a while. */
  goOn(match: Match, now: number): void {
    this.#match = match;
    this.#now = now;
  }

  /** Whether what was found may change with time. */
  get readsClock(): boolean {
    return this.#match.readsClock;
  }

  /** How much work the evaluation of expressions has been, in attributes read. */
  get steps(): number {
    return this.#match.steps;
  }

  /** Whether a limit that kept jobs from slots has room again: these are no candidates any more. */
  get mayFindMore(): boolean {
    return this.reached.values().some((limit) => this.#options.hasRoom([limit]) === undefined);
  }

  /** Looks at all slots of a bucket, in which something has changed. */
  addBucket(bucket: Bucket): void {
    const judgement = this.#match.judge(bucket);
    if (!this.#match.mayFit(bucket.most)) {
      this.#endOf(bucket);
      return;
    }
    switch (judgement.verdict) {
      case verdict.none:
        return;
      case verdict.all:
      case verdict.byLot:
        this.#addFirst(bucket, judgement);
        return;
      case verdict.eachLot:
        for (const lot of bucket.lots) this.#addLot(bucket, lot, judgement);
        return;
      case verdict.eachSlot:
        for (const lot of bucket.lots)
          if (this.#match.mayFit(lot.free))
            for (const slot of lot.slots()) this.#addOnce(bucket, lot, slot, judgement);
    }
  }

  /** Whether a bucket has so many slots, each to be looked at by itself, that the time may be over before all are. */
  isLong(bucket: Bucket): boolean {
    return (
      !bucket.isFull &&
      bucket.members > mostTogether &&
      this.#match.judge(bucket).verdict === verdict.eachSlot
    );
  }

  /** Looks at one slot by itself, which has changed. */
  addSlot(slot: FreeSlot): void {
    const { bucket, lot } = slot;
    if (lot === undefined || !this.#match.mayFit(lot.free)) return;
    const judgement = this.#match.judge(bucket);
    if (judgement.verdict !== verdict.none) this.#addSlot(bucket, lot, slot, judgement);
  }

  /** The best slot for the next job, among those for which the limits have room. */
  best(): { readonly candidate: Candidate; readonly pilot: Pilot } | undefined {
    for (let first = this.#heap.first; first !== undefined; first = this.#heap.first) {
      const pilot = (first.slot ?? first.lot.first)?.pilot;
      if (first.isOver || pilot === undefined || !this.#isAsItWas(first)) {
        // Others have got slots since.
        if (first.forAll && !first.isOver) this.#advance(first);
        else this.#heap.pop();
        continue;
      }
      const short = this.#options.hasRoom(first.limits);
      if (short === undefined) return { candidate: first, pilot };
      this.reached.add(short);
      this.#heap.pop();
    }
    return undefined;
  }

  /** The best candidate's slot has got a job, or is not what it was; what is left of it is looked at again. */
  granted(candidate: Candidate, pilot: Pilot): void {
    const { bucket, judgement } = candidate;
    if (candidate.forAll) {
      this.#advance(candidate);
      return;
    }
    if (candidate.slot !== undefined || candidate.lot.first === undefined) this.#heap.pop();
    const slot = this.#options.slots.of(pilot);
    // A pilot that has come back with another ad may be in another bucket, which is then news.
    if (slot?.lot === undefined || slot.bucket !== bucket) return;
    const { lot } = slot;
    if (candidate.slot === undefined) this.#addLot(bucket, lot, judgement);
    else this.#addOnce(bucket, lot, slot, judgement);
  }

  /** Whether the slot that is meant is what it was; if any slot of the lot is meant, they are. */
  #isAsItWas({ slot, lot, asOf, isShort }: Candidate): boolean {
    if (slot === undefined) return true;
    if (slot.lot !== lot || (isShort && !this.#endsBefore(slot.pilot))) return false;
    return asOf === 0 || asOf === slot.newest;
  }

  #addFirst(bucket: Bucket, judgement: Judgement): void {
    this.#endOf(bucket);
    const found = this.#firstOf(bucket, judgement);
    if (found !== undefined) this.#push(bucket, judgement, found);
  }

  /** What was found in a bucket stands for it no longer. */
  #endOf(bucket: Bucket): void {
    const before = this.#ofBuckets.get(bucket);
    if (before === undefined) return;
    before.isOver = true;
    this.#ofBuckets.delete(bucket);
  }

  #push(bucket: Bucket, judgement: Judgement, { fitting, lot, slot }: First): void {
    const more = { isShort: slot !== undefined, forAll: true };
    const candidate = new Candidate(fitting, { bucket, lot, slot, judgement }, more);
    this.#heap.push(candidate);
    this.#ofBuckets.set(bucket, candidate);
  }

  #advance(candidate: Candidate): void {
    const { bucket, judgement, takes, limits, isShort } = candidate;
    const found = this.#firstOf(bucket, judgement);
    if (
      found?.fitting.takes === takes &&
      found.fitting.limits === limits &&
      (found.slot !== undefined) === isShort
    ) {
      candidate.lot = found.lot;
      candidate.slot = found.slot;
      this.#heap.firstChanged();
    } else {
      this.#heap.pop();
      if (found !== undefined) this.#push(bucket, judgement, found);
    }
  }

  #firstOf(bucket: Bucket, judgement: Judgement): First | undefined {
    const short = this.#options.longest === undefined ? undefined : this.#shortOf(bucket, judgement);
    if (short !== undefined) return short;
    for (const lot of bucket.lots) {
      const fitting = this.#fit(bucket, lot, lot.first, judgement);
      if (fitting !== undefined) return { fitting, lot, slot: undefined };
    }
    return undefined;
  }

  #shortOf(bucket: Bucket, judgement: Judgement): First | undefined {
    for (const lot of bucket.leaving()) {
      const slot = lot.slots().find(({ pilot }) => this.#endsBefore(pilot));
      const fitting = this.#fit(bucket, lot, slot, judgement);
      if (fitting !== undefined) return { fitting, lot, slot };
    }
    return undefined;
  }

  /** Whether the job ends before the pilot ends its payloads. */
  #endsBefore({ endAt }: Pilot): boolean {
    const { longest } = this.#options;
    return longest !== undefined && endAt !== undefined && this.#now + longest <= endAt;
  }

  #addLot(bucket: Bucket, lot: Lot, judgement: Judgement): void {
    if (this.#lots.has(lot)) return;
    this.#lots.add(lot);
    const fitting = this.#fit(bucket, lot, lot.first, judgement);
    if (fitting === undefined) return;
    this.#heap.push(new Candidate(fitting, { bucket, lot, slot: undefined, judgement }));
  }

  /** Looks at a slot unless it is what it was when it was looked at before. */
  #addOnce(bucket: Bucket, lot: Lot, slot: LotSlot, judgement: Judgement): void {
    if (this.#slots.get(slot) === slot.newest) return;
    this.#slots.set(slot, slot.newest);
    this.#addSlot(bucket, lot, slot, judgement);
  }

  #addSlot(bucket: Bucket, lot: Lot, slot: LotSlot, judgement: Judgement): void {
    const fitting = this.#fit(bucket, lot, slot, judgement);
    if (fitting === undefined) return;
    this.#heap.push(new Candidate(fitting, { bucket, lot, slot, judgement }, { asOf: slot.newest }));
  }

  #mayUse({ reservedFor }: Lot): boolean {
    return reservedFor === 0 || reservedFor === this.#options.id;
  }

  #fit(bucket: Bucket, lot: Lot, slot: LotSlot | undefined, judgement: Judgement): Fitting | undefined {
    if (slot === undefined || !this.#match.mayFit(lot.free) || !this.#mayUse(lot)) return undefined;
    return this.#match.fit(slot, bucket, lot.free, judgement);
  }
}

const compare = (a: Candidate, b: Candidate): number =>
  b.rank - a.rank ||
  (b.isShort ? 1 : 0) - (a.isShort ? 1 : 0) ||
  compareLots(a.lot, b.lot) ||
  a.bucket.number - b.bucket.number;
