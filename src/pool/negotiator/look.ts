import { Heap } from '#base/heap.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Bucket } from './bucket.ts';
import type { FreeSlot, FreeSlots } from './free-slots.ts';
import { compareLots, type Lot } from './lot.ts';
import type { Fitting, Match } from './match.ts';
import { type Judgement, verdict } from './verdicts.ts';

/** Where the next job can go: to any slot of a lot, or to one slot. */
export interface Candidate extends Fitting {
  lot: Lot;
  readonly bucket: Bucket;
  /** Given if only this slot is meant. */
  pilot: Pilot | undefined;
  /** The number of the latest change of this slot when it was looked at; given if it was looked at by itself. */
  readonly asOf?: number;
  /** Whether the pilot retires soon, and the job is known to end before. */
  isShort: boolean;
  /** Whether the candidate stands for all lots of its bucket, of which `lot` comes first. */
  readonly forAll: boolean;
  readonly judgement: Judgement;
  /** Whether another candidate has taken its place. */
  isOver: boolean;
}

/** The most slots of a bucket, each to be looked at by itself, that are looked at without a glance at the time. */
const mostTogether = 1_000;

type First = Pick<Candidate, 'lot' | 'pilot' | 'isShort' | keyof Fitting>;

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
  /** Pilots that were looked at by themselves, and the numbers of their latest changes then. */
  readonly #pilots = new Map<Pilot, number>();
  #match: Match;
  #now: number;
  /** All changes up to this number have been looked at. */
  through: number;

  /** @param now monotonic milliseconds @param through what has changed up to this number is not looked at */
  constructor(options: LookOptions, match: Match, now: number, through: number) {
    this.#options = options;
    this.#match = match;
    this.#now = now;
    this.through = through;
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

  /** Whether a limit that kept jobs from slots has room again: these are no candidates any more. */
  get mayFindMore(): boolean {
    return this.reached.values().some((limit) => this.#options.hasRoom([limit]) === undefined);
  }

  /** Looks at all slots of a bucket, in which something has changed. */
  addBucket(bucket: Bucket): void {
    const judgement = this.#match.judge(bucket);
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
            for (const { pilot } of lot.slots()) this.#addPilot(bucket, lot, pilot, judgement);
    }
  }

  /** Whether a bucket has so many slots, each to be looked at by itself, that the time may be over before all are. */
  isLong(bucket: Bucket): boolean {
    return bucket.members > mostTogether && this.#match.judge(bucket).verdict === verdict.eachSlot;
  }

  /** Looks at one slot by itself. */
  addSlot({ bucket, lot, pilot }: FreeSlot): void {
    if (lot === undefined || !this.#match.mayFit(lot.free)) return;
    const judgement = this.#match.judge(bucket);
    if (judgement.verdict !== verdict.none) this.#addPilot(bucket, lot, pilot, judgement);
  }

  /** The best slot for the next job, among those for which the limits have room. */
  best(): { readonly candidate: Candidate; readonly pilot: Pilot } | undefined {
    for (let first = this.#heap.first; first !== undefined; first = this.#heap.first) {
      const pilot = first.pilot ?? first.lot.first?.pilot;
      if (first.isOver || pilot === undefined || !this.#isAsItWas(first, pilot)) {
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
    if (candidate.pilot !== undefined || candidate.lot.first === undefined) this.#heap.pop();
    const slot = this.#options.slots.of(pilot);
    // A pilot that has come back with another ad may be in another bucket, which is then news.
    if (slot?.lot === undefined || slot.bucket !== bucket) return;
    const { lot } = slot;
    if (candidate.pilot === undefined) this.#addLot(bucket, lot, judgement);
    else this.#addPilot(bucket, lot, pilot, judgement);
  }

  #isAsItWas({ lot, asOf, isShort }: Candidate, pilot: Pilot): boolean {
    const slot = this.#options.slots.of(pilot);
    if (slot?.lot !== lot || (isShort && !this.#endsBefore(pilot))) return false;
    return asOf === undefined || asOf === slot.newest;
  }

  #addFirst(bucket: Bucket, judgement: Judgement): void {
    const before = this.#ofBuckets.get(bucket);
    if (before !== undefined) before.isOver = true;
    const found = this.#firstOf(bucket, judgement);
    if (found === undefined) this.#ofBuckets.delete(bucket);
    else this.#push({ ...found, bucket, forAll: true, judgement, isOver: false });
  }

  #push(candidate: Candidate): void {
    this.#heap.push(candidate);
    if (candidate.forAll) this.#ofBuckets.set(candidate.bucket, candidate);
  }

  #advance(candidate: Candidate): void {
    const found = this.#firstOf(candidate.bucket, candidate.judgement);
    if (found === undefined) {
      this.#heap.pop();
    } else if (
      found.takes === candidate.takes &&
      found.limits === candidate.limits &&
      found.isShort === candidate.isShort
    ) {
      candidate.lot = found.lot;
      candidate.pilot = found.pilot;
      this.#heap.firstChanged();
    } else {
      this.#heap.pop();
      this.#push({ ...candidate, ...found });
    }
  }

  #firstOf(bucket: Bucket, judgement: Judgement): First | undefined {
    const short = this.#options.longest === undefined ? undefined : this.#shortOf(bucket, judgement);
    if (short !== undefined) return short;
    for (const lot of bucket.lots) {
      const fitting = this.#fit(bucket, lot, undefined, judgement);
      if (fitting !== undefined) return { ...fitting, lot, pilot: undefined, isShort: false };
    }
    return undefined;
  }

  #shortOf(bucket: Bucket, judgement: Judgement): First | undefined {
    for (const lot of bucket.leaving()) {
      const pilot = lot.slots().find((each) => this.#endsBefore(each.pilot))?.pilot;
      const fitting = pilot && this.#fit(bucket, lot, pilot, judgement);
      if (fitting !== undefined) return { ...fitting, lot, pilot, isShort: true };
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
    const fitting = this.#fit(bucket, lot, undefined, judgement);
    if (fitting !== undefined)
      this.#push({
        ...fitting,
        lot,
        bucket,
        pilot: undefined,
        isShort: false,
        forAll: false,
        judgement,
        isOver: false,
      });
  }

  #addPilot(bucket: Bucket, lot: Lot, pilot: Pilot, judgement: Judgement): void {
    const asOf = this.#options.slots.of(pilot)?.newest ?? 0;
    if (this.#pilots.get(pilot) === asOf) return;
    this.#pilots.set(pilot, asOf);
    const fitting = this.#fit(bucket, lot, pilot, judgement);
    if (fitting === undefined) return;
    const rest = { isShort: false, forAll: false, isOver: false };
    this.#push({ ...fitting, lot, bucket, pilot, asOf, judgement, ...rest });
  }

  #mayUse({ reservedFor }: Lot): boolean {
    return reservedFor === 0 || reservedFor === this.#options.id;
  }

  #fit(bucket: Bucket, lot: Lot, pilot: Pilot | undefined, judgement: Judgement): Fitting | undefined {
    if (!this.#match.mayFit(lot.free) || !this.#mayUse(lot)) return undefined;
    const one = pilot ?? lot.first?.pilot;
    if (one === undefined) return undefined;
    return this.#match.fit(one, bucket, lot.free, judgement);
  }
}

const compare = (a: Candidate, b: Candidate): number =>
  b.rank - a.rank ||
  (b.isShort ? 1 : 0) - (a.isShort ? 1 : 0) ||
  compareLots(a.lot, b.lot) ||
  a.bucket.number - b.bucket.number;
