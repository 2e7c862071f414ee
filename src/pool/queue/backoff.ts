import type { Clock, Timer } from '#base/clock.ts';
import type { Job } from '../jobs/job.ts';
import { backoffOf } from '../jobs/trouble.ts';

/** Milliseconds between checks of the jobs that back off. */
const interval = 500;

interface BackoffOptions {
  readonly clock: Clock;
  /** Called with jobs whose backoff is over: they may be matched again. */
  readonly onReady: (jobs: readonly Job[]) => void;
}

/** Idle jobs that failed recently and must not be tried again yet. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #jobs = new Set<Job>();
  #timer: Timer | undefined;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  has(job: Job): boolean {
    return this.#jobs.has(job);
  }

  /** Takes note of what became of a job. */
  update(job: Job): void {
    if (job.state === 'Idle' && backoffOf(job, this.#options.clock.wall()) > 0) this.#jobs.add(job);
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
      const ready = [...this.#jobs].filter((job) => backoffOf(job, now) === 0);
      for (const job of ready) this.#jobs.delete(job);
      if (ready.length > 0) this.#options.onReady(ready);
      this.#watch();
    });
  }
}
