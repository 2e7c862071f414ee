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
  /** Whether the pilot retires soon, and the job is known to end before. */
  isShort: boolean;
  /** Whether the candidate stands for all lots of its bucket, of which `lot` comes first. */
  readonly forAll: boolean;
  readonly judgement: Judgement;
}

type First = Pick<Candidate, 'lot' | 'pilot' | 'isShort' | keyof Fitting>;

export interface LookOptions {
  /** The number of the autocluster. */
  readonly id: number;
  readonly match: Match;
  readonly slots: FreeSlots;
  /** The milliseconds that a job runs at most; undefined if it does not say. */
  readonly longest: number | undefined;
  /** Monotonic milliseconds. */
  readonly now: number;
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
  /** Lots that are, or were, candidates by themselves. */
  readonly #lots = new Set<Lot>();

  constructor(options: LookOptions) {
    this.#options = options;
  }

  /** Looks at all slots of a bucket. */
  addBucket(bucket: Bucket): void {
    const judgement = this.#options.match.judge(bucket);
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
          if (this.#options.match.mayFit(lot.free))
            for (const pilot of lot.slots) this.#addPilot(bucket, lot, pilot, judgement);
    }
  }

  /** Looks at one slot by itself. */
  addSlot({ bucket, lot, pilot }: FreeSlot): void {
    if (lot === undefined || !this.#options.match.mayFit(lot.free)) return;
    const judgement = this.#options.match.judge(bucket);
    if (judgement.verdict !== verdict.none) this.#addPilot(bucket, lot, pilot, judgement);
  }

  /** The best slot for the next job, among those for which the limits have room. */
  best(): { readonly candidate: Candidate; readonly pilot: Pilot } | undefined {
    for (let first = this.#heap.first; first !== undefined; first = this.#heap.first) {
      const pilot = first.pilot ?? first.lot.slots.values().next().value;
      const short = this.#options.hasRoom(first.limits);
      if (pilot !== undefined && short === undefined) return { candidate: first, pilot };
      if (short !== undefined) this.reached.add(short);
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
    if (candidate.pilot !== undefined || candidate.lot.slots.size === 0) this.#heap.pop();
    const lot = this.#options.slots.of(pilot)?.lot;
    if (lot === undefined) return;
    if (candidate.pilot === undefined) this.#addLot(bucket, lot, judgement);
    else this.#addPilot(bucket, lot, pilot, judgement);
  }

  #addFirst(bucket: Bucket, judgement: Judgement): void {
    const found = this.#firstOf(bucket, judgement);
    if (found !== undefined) this.#heap.push({ ...found, bucket, forAll: true, judgement });
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
      this.#heap.push({ ...candidate, ...found });
    }
  }

  #firstOf(bucket: Bucket, judgement: Judgement): First | undefined {
    const short = this.#options.longest === undefined ? undefined : this.#shortOf(bucket, judgement);
    if (short !== undefined) return short;
    for (const lot of bucket.lots) {
      const fitting = this.#fit(lot, undefined, judgement);
      if (fitting !== undefined) return { ...fitting, lot, pilot: undefined, isShort: false };
    }
    return undefined;
  }

  #shortOf(bucket: Bucket, judgement: Judgement): First | undefined {
    for (const lot of bucket.leaving()) {
      const pilot = lot.slots.values().find((each) => this.#endsBefore(each));
      const fitting = pilot && this.#fit(lot, pilot, judgement);
      if (fitting !== undefined) return { ...fitting, lot, pilot, isShort: true };
    }
    return undefined;
  }

  /** Whether the job ends before the pilot ends its payloads. */
  #endsBefore({ endAt }: Pilot): boolean {
    const { longest, now } = this.#options;
    return longest !== undefined && endAt !== undefined && now + longest <= endAt;
  }

  #addLot(bucket: Bucket, lot: Lot, judgement: Judgement): void {
    if (this.#lots.has(lot)) return;
    this.#lots.add(lot);
    const fitting = this.#fit(lot, undefined, judgement);
    if (fitting !== undefined)
      this.#heap.push({
        ...fitting,
        lot,
        bucket,
        pilot: undefined,
        isShort: false,
        forAll: false,
        judgement,
      });
  }

  #addPilot(bucket: Bucket, lot: Lot, pilot: Pilot, judgement: Judgement): void {
    const fitting = this.#fit(lot, pilot, judgement);
    if (fitting !== undefined)
      this.#heap.push({ ...fitting, lot, bucket, pilot, isShort: false, forAll: false, judgement });
  }

  #mayUse({ reservedFor }: Lot): boolean {
    return reservedFor === 0 || reservedFor === this.#options.id;
  }

  #fit(lot: Lot, pilot: Pilot | undefined, judgement: Judgement): Fitting | undefined {
    const one = pilot ?? lot.slots.values().next().value;
    if (one === undefined || !this.#mayUse(lot)) return undefined;
    return this.#options.match.fit(one, lot.free, judgement);
  }
}

const compare = (a: Candidate, b: Candidate): number =>
  b.rank - a.rank ||
  (b.isShort ? 1 : 0) - (a.isShort ? 1 : 0) ||
  compareLots(a.lot, b.lot) ||
  a.bucket.number - b.bucket.number;
