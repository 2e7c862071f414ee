import type { Clock, Timer } from '#base/clock.ts';
import type { Job } from '../jobs/job.ts';
import { restOf } from '../jobs/trouble.ts';

/** Milliseconds between looks at the jobs that rest. */
const interval = 500;

interface RestingOptions {
  readonly clock: Clock;
  /** The rest of these jobs is over: they may be matched again. */
  readonly onRested: (jobs: readonly Job[]) => void;
}

/** Idle jobs that failed a moment ago and are not to be tried again yet. Nothing else waits for them. */
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
