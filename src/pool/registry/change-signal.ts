import type { Clock } from '#base/clock.ts';

/** Far more than the changes that can happen in a millisecond. */
const versionsPerMillisecond = 1000;

/**
 * A version that grows with each change, and a way to wait for the next one. It starts beyond every version of earlier
 * processes of this pool: otherwise a client that holds such a version might wait although everything has changed.
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

  /** Resolves at once if the version is not `since`; otherwise at the next change, at the timeout or when aborted. */
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
