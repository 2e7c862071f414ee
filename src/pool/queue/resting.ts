import type { Clock, Timer } from '#base/clock.ts';
import type { Job } from '../jobs/job.ts';
import { restOf } from '../jobs/trouble.ts';

/** Milliseconds between checks of the jobs that back off. */
const interval = 500;

interface RestingOptions {
  readonly clock: Clock;
  /** Called with jobs whose backoff is over: they may be matched again. */
  readonly onRested: (jobs: readonly Job[]) => void;
}

/** Idle jobs that failed recently and must not be tried again yet. */
export class Resting {
  readonly #options: RestingOptions;
  readonly #jobs = new Set<Job>();
  #timer: Timer | undefined;

  constructor(options: RestingOptions) {
    this.#options = options;
  }

  has(job: Job): boolean {
    return this.#jobs.has(job);
  }

  /** Takes note of what became of a job. */
  update(job: Job): void {
    if (job.state === 'Idle' && restOf(job, this.#options.clock.wall()) > 0) this.#jobs.add(job);
    else this.#jobs.delete(job);
    this.#watch();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #watch(): void {
    if (this.#jobs.size === 0) return;
    this.#timer ??= this.#options.clock.after(interval, () => {
      this.#timer = undefined;
      const now = this.#options.clock.wall();
      const rested = [...this.#jobs].filter((job) => restOf(job, now) === 0);
      for (const job of rested) this.#jobs.delete(job);
      if (rested.length > 0) this.#options.onRested(rested);
      this.#watch();
    });
  }
}
