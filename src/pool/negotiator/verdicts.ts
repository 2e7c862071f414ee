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

/** A verdict, and what is to be evaluated for each lot or slot: it depends on these. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Clauses of the residue: those that read what is free or individual; or all, as the slots themselves read that. */
  readonly clauses: 'none' | 'some' | 'all';
  /** Whether to evaluate the slots' own Requirements. */
  readonly start: boolean;
  /** Rank, where it is the same for all slots of the bucket. */
  readonly rank: number;
}

/** In place of a verdict that reads the time. */
const changing = 7;

const clauseCodes = ['none', 'some', 'all'] as const;

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
    if (code === 0 || code === changing) return undefined;
    return {
      verdict: (code & 7) as Verdict,
      clauses: clauseCodes[(code >> 3) & 3] ?? 'all',
      start: (code & 32) !== 0,
      rank: this.#ranks?.[bucket] ?? 0,
    };
  }

  isNone(bucket: number): boolean {
    return this.#codes[bucket] === verdict.none;
  }

  /** Whether nobody has asked yet. */
  isNew(bucket: number): boolean {
    return (this.#codes[bucket] ?? 0) === 0;
  }

  /** Takes note that somebody has asked, and that the answer does not stay the same. */
  setChanging(bucket: number): void {
    if (bucket >= this.#codes.length) this.#grow(bucket + 1);
    this.#codes[bucket] = changing;
  }

  set(bucket: number, { verdict: one, clauses, start, rank }: Judgement): void {
    if (bucket >= this.#codes.length) this.#grow(bucket + 1);
    this.#codes[bucket] = one | (clauseCodes.indexOf(clauses) << 3) | (start ? 32 : 0);
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
