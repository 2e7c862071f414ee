import type { Job } from '../jobs/job.ts';

/** Milliseconds of sorting before other work gets its turn. */
const turn = 10;

interface SortingOptions {
  /** Sorts one job by its current state; repeating it does no harm. */
  readonly sort: (job: Job) => void;
  readonly later: (run: () => void) => void;
  /** Called when more jobs have been sorted. */
  readonly onSorted: () => void;
}

/**
 * Sorts changed jobs into their autoclusters. What does not fit into one turn continues in later ones, where all pending
 * changes take turns, so that a small change does not wait for all of a large one.
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

  /** Sorts these jobs. At least the first ones are sorted when this returns. */
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
