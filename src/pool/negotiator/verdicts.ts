/** How the jobs of an autocluster are matched with the slots of a bucket. */
export const verdict = {
  /** None fits. */
  none: 1,
  /** Each in which enough is free fits, with the same Rank. */
  all: 2,
  /** Whether one fits depends on what is free; Rank does not. */
  byLot: 3,
  /** Rank or the limits depend on what is free. */
  eachLot: 4,
  /** Each slot has to be looked at by itself. */
  eachSlot: 5,
} as const;

export type Verdict = (typeof verdict)[keyof typeof verdict];

/** What holds for the slots of a bucket. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Rank, where it is the same for all slots of the bucket. */
  readonly rank: number;
}

/** Those without a rank are always the same objects. */
const unranked: Readonly<Record<Verdict, Judgement>> = {
  1: { verdict: 1, rank: 0 },
  2: { verdict: 2, rank: 0 },
  3: { verdict: 3, rank: 0 },
  4: { verdict: 4, rank: 0 },
  5: { verdict: 5, rank: 0 },
};

export const judgementOf = (verdict: Verdict, rank = 0): Judgement =>
  rank === 0 ? unranked[verdict] : { verdict, rank };

/** In place of a verdict that is not known yet, but wanted. */
const wanted = 6;

/** In place of a verdict that reads the time. */
const changing = 7;

/** What an autocluster knows about buckets by their numbers, with Rank where it is the same for all slots. */
export class Verdicts {
  #generation = 0;
  #codes = new Int8Array(0);
  /** Absent while all ranks are 0, as those of most jobs are. */
  #ranks: Float64Array | undefined;

  /** Forgets everything if the buckets have been numbered anew. */
  begin(generation: number): void {
    if (this.#generation === generation) return;
    this.#generation = generation;
    this.#codes = new Int8Array(0);
    this.#ranks = undefined;
  }

  /** Undefined while nothing is known for longer than this moment. */
  of(bucket: number): Judgement | undefined {
    const code = this.#codes[bucket] ?? 0;
    return code === 0 || code >= wanted ? undefined : judgementOf(code as Verdict, this.#ranks?.[bucket]);
  }

  isNone(bucket: number): boolean {
    return this.#codes[bucket] === verdict.none;
  }

  /** Whether nobody has asked yet. */
  isNew(bucket: number): boolean {
    return (this.#codes[bucket] ?? 0) === 0;
  }

  /** Whether it is to be judged although nothing is free there. */
  isWanted(bucket: number): boolean {
    return this.#codes[bucket] === wanted;
  }

  want(bucket: number): void {
    this.#setCode(bucket, wanted);
  }

  /** Takes note that somebody has asked, and that the answer does not stay the same. */
  setChanging(bucket: number): void {
    this.#setCode(bucket, changing);
  }

  set(bucket: number, { verdict: one, rank }: Judgement): void {
    this.#setCode(bucket, one);
    if (rank !== 0) this.#ranks ??= new Float64Array(this.#codes.length);
    if (this.#ranks !== undefined) this.#ranks[bucket] = rank;
  }

  #setCode(bucket: number, code: number): void {
    if (bucket >= this.#codes.length) this.#grow(bucket + 1);
    this.#codes[bucket] = code;
  }

  #grow(least: number): void {
    const length = Math.max(least, 2 * this.#codes.length, 16);
    const codes = new Int8Array(length);
    codes.set(this.#codes);
    this.#codes = codes;
    if (this.#ranks === undefined) return;
    const ranks = new Float64Array(length);
    ranks.set(this.#ranks);
    this.#ranks = ranks;
  }
}
