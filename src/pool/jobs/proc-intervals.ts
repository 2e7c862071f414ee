/** The first and the last number of a run of procs. */
export type Interval = readonly [first: number, last: number];

/** A set of proc numbers, kept as disjoint intervals in ascending order: a hundred million procs in a row are one. */
export class ProcIntervals {
  /** Ascending; neither they nor their neighbours touch. */
  readonly #firsts: number[] = [];
  readonly #lasts: number[] = [];
  #size = 0;

  constructor(intervals: Iterable<Interval> = []) {
    for (const [first, last] of intervals) this.add(first, last);
  }

  /** All procs of a submission of so many. */
  static upTo(count: number): ProcIntervals {
    return new ProcIntervals(count === 0 ? [] : [[0, count - 1]]);
  }

  /** How many procs there are. */
  get size(): number {
    return this.#size;
  }

  /** The smallest number; undefined if there is none. */
  get first(): number | undefined {
    return this.#firsts[0];
  }

  has(proc: number): boolean {
    const index = this.#indexOf(proc);
    return index >= 0 && proc <= (this.#lasts[index] ?? -1);
  }

  /** The smallest number from `proc` on; undefined if there is none. */
  next(proc: number): number | undefined {
    const index = this.#indexOf(proc);
    if (index >= 0 && proc <= (this.#lasts[index] ?? -1)) return proc;
    return this.#firsts[index + 1];
  }

  /** The largest number up to `proc`; undefined if there is none. */
  previous(proc: number): number | undefined {
    const last = this.#lasts[this.#indexOf(proc)];
    return last === undefined ? undefined : Math.min(last, proc);
  }

  /** Adds the numbers from `first` to `last`; none of them may be in the set already. */
  add(first: number, last = first): void {
    const before = this.#indexOf(first);
    const touchesBefore = this.#lasts[before] === first - 1;
    const touchesAfter = this.#firsts[before + 1] === last + 1;
    this.#size += last - first + 1;
    if (touchesBefore && touchesAfter) {
      this.#lasts.splice(before, 1);
      this.#firsts.splice(before + 1, 1);
    } else if (touchesBefore) this.#lasts[before] = last;
    else if (touchesAfter) this.#firsts[before + 1] = first;
    else {
      this.#firsts.splice(before + 1, 0, first);
      this.#lasts.splice(before + 1, 0, last);
    }
  }

  /** @returns whether it was there */
  delete(proc: number): boolean {
    const index = this.#indexOf(proc);
    const [first, last] = [this.#firsts[index], this.#lasts[index]];
    if (first === undefined || last === undefined || proc > last) return false;
    this.#size -= 1;
    if (first === last) {
      this.#firsts.splice(index, 1);
      this.#lasts.splice(index, 1);
    } else if (proc === first) this.#firsts[index] = proc + 1;
    else if (proc === last) this.#lasts[index] = proc - 1;
    else {
      this.#firsts.splice(index + 1, 0, proc + 1);
      this.#lasts.splice(index, 0, proc - 1);
    }
    return true;
  }

  *intervals(): Iterable<Interval> {
    for (const [index, first] of this.#firsts.entries()) yield [first, this.#lasts[index] ?? first];
  }

  copy(): ProcIntervals {
    return new ProcIntervals(this.intervals());
  }

  /** Ascending. The set may change meanwhile. */
  *[Symbol.iterator](): Iterator<number> {
    for (let proc = this.first; proc !== undefined; proc = this.next(proc + 1)) yield proc;
  }

  /** The index of the last interval that begins at `proc` or before; -1 if there is none. */
  #indexOf(proc: number): number {
    let [low, high] = [0, this.#firsts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] ?? 0) <= proc) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
