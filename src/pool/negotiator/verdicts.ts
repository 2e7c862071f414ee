/** How the jobs of an autocluster are matched with the slots of a bucket. */
export const verdict = {
  unknown: 0,
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

  of(bucket: number): Verdict {
    return (this.#codes[bucket] ?? verdict.unknown) as Verdict;
  }

  rank(bucket: number): number {
    return this.#ranks?.[bucket] ?? 0;
  }

  set(bucket: number, code: Verdict, rank: number): void {
    if (bucket >= this.#codes.length) this.#grow(bucket + 1);
    this.#codes[bucket] = code;
    if (rank !== 0) this.#ranks ??= new Float64Array(this.#codes.length);
    if (this.#ranks !== undefined) this.#ranks[bucket] = rank;
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
