import type { Job } from '../queue/job.ts';

/** Jobs that are sorted at once; more are sorted a few at a time, so that others get their turn. */
const fewJobs = 1000;

/** Milliseconds of one turn. */
const turn = 10;

interface SortingOptions {
  /** Sorts one job by its present state: once more does no harm. */
  readonly sort: (job: Job) => void;
  readonly later: (run: () => void) => void;
  /** Some jobs are sorted that were not before. */
  readonly onSorted: () => void;
}

/** Brings changed jobs into their autoclusters, however many change at once. */
export class Sorting {
  readonly #options: SortingOptions;
  readonly #waiting: Iterator<Job>[] = [];

  constructor(options: SortingOptions) {
    this.#options = options;
  }

  /** While true, some jobs are not matched yet. */
  get isUnderWay(): boolean {
    return this.#waiting.length > 0;
  }

  take(jobs: readonly Job[]): void {
    if (jobs.length <= fewJobs) {
      for (const job of jobs) this.#options.sort(job);
      this.#options.onSorted();
      return;
    }
    this.#waiting.push(jobs.values());
    if (this.#waiting.length === 1) this.#options.later(() => this.#turn());
  }

  #turn(): void {
    const began = performance.now();
    while (performance.now() - began < turn) {
      const next = this.#waiting[0]?.next();
      if (next === undefined) break;
      if (next.done === true) this.#waiting.shift();
      else this.#options.sort(next.value);
    }
    this.#options.onSorted();
    if (this.isUnderWay) this.#options.later(() => this.#turn());
  }
}
