import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';

/** Milliseconds of each look at a transfer, and the bytes that are to come in it: a registry that drips is given up. */
const look = 30_000;
const leastPerLook = 32 * 2 ** 10;

/** Tells when too little has come for a while. */
export class TransferPace {
  readonly #clock: Clock;
  readonly #tooSlow: (error: GlideinError) => void;
  #bytes = 0;
  #timer: Timer;

  constructor(clock: Clock, tooSlow: (error: GlideinError) => void) {
    this.#clock = clock;
    this.#tooSlow = tooSlow;
    this.#timer = this.#next();
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    return this.#clock.after(look, () => {
      if (this.#bytes < leastPerLook) return this.#tooSlow(tooSlow());
      this.#bytes = 0;
      this.#timer = this.#next();
    });
  }
}

const tooSlow = (): GlideinError =>
  new GlideinError(
    'Unavailable',
    `the registry sends less than ${leastPerLook} bytes in ${look / 1000} seconds`,
  );
