import type { Clock } from '#base/clock.ts';

/** Far more than there are changes in a millisecond. */
const versionsPerMillisecond = 1000;

/**
 * A number that grows with each change of demand or supply, and a way to wait for its growth. It begins where no earlier
 * life of this pool has come to: whoever has a version of such a life would otherwise wait for news although all is news.
 */
export class ChangeSignal {
  readonly #clock: Clock;
  #version: number;
  #waiters = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#version = clock.wall() * versionsPerMillisecond;
  }

  get version(): number {
    return this.#version;
  }

  changed(): void {
    this.#version += 1;
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  /** Resolves at once when the version is not `since`, else at the next change, the time-out or the abort. */
  wait(since: number | undefined, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (since === undefined || since !== this.#version || milliseconds <= 0 || signal.aborted)
      return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        this.#waiters.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#clock.after(milliseconds, done);
      this.#waiters.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
