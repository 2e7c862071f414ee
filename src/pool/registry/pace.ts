import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';

/** The part of the pool's time that the work may take. */
const part = 1 / 10;

/** Keeps work that is asked for again and again to a part of the pool's time: whoever asks waits for its next turn. */
export class Pace {
  readonly #clock: Clock;
  /** Monotonic milliseconds. */
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the work may be done again, or when `signal` aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    // Others may have had the turn meanwhile.
    for (;;) {
      const wait = this.#nextAt - this.#clock.monotonic();
      if (wait <= 0 || signal.aborted) return;
      await sleep(this.#clock, wait, signal);
    }
  }

  /** Does the work now, and takes note of how long it takes. */
  do<T>(work: () => T): T {
    const begun = this.#clock.monotonic();
    const done = work();
    const ended = this.#clock.monotonic();
    this.#nextAt = ended + (ended - begun) / part;
    return done;
  }
}
