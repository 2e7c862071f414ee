import type { Job } from '../jobs/job.ts';

/** Milliseconds of sorting before others get their turn. */
const turn = 10;

interface SortingOptions {
  /** Sorts one job by its present state: once more does no harm. */
  readonly sort: (job: Job) => void;
  readonly later: (run: () => void) => void;
  /** Some jobs are sorted that were not before. */
  readonly onSorted: () => void;
}

/**
 * Brings changed jobs into their autoclusters, however many change at once and however long each takes: what is not done in
 * one turn is done in further ones, a part of each change after the other, so that nobody waits for all of another's.
 */
export class Sorting {
  readonly #options: SortingOptions;
  readonly #waiting: Iterator<Job>[] = [];
  #isAwaited = false;

  constructor(options: SortingOptions) {
    this.#options = options;
  }

  /** While true, some jobs are not matched yet. */
  get isUnderWay(): boolean {
    return this.#waiting.length > 0;
  }

  /** The first of them at least are sorted when this returns. */
  take(jobs: readonly Job[]): void {
    this.#sort(jobs.values());
    if (this.isUnderWay && !this.#isAwaited) this.#goOnLater();
    this.#options.onSorted();
  }

  #goOnLater(): void {
    this.#isAwaited = true;
    this.#options.later(() => {
      this.#isAwaited = false;
      const rest = this.#waiting.shift();
      if (rest !== undefined) this.#sort(rest);
      if (this.isUnderWay) this.#goOnLater();
      this.#options.onSorted();
    });
  }

  /** Sorts for one turn; what is left waits for another. */
  #sort(jobs: Iterator<Job>): void {
    const began = performance.now();
    for (let next = jobs.next(); next.done !== true; next = jobs.next()) {
      this.#options.sort(next.value);
      if (performance.now() - began < turn) continue;
      this.#waiting.push(jobs);
      return;
    }
  }
}
