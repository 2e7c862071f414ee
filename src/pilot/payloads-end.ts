import type { Clock, Timer } from '#base/clock.ts';
import { Deadline } from './payload/claim/deadline.ts';

/** Milliseconds that the last results get to reach the pool, once the payloads of an ending pilot are dead. */
const lastResults = 10_000;

/** A day in milliseconds: setTimeout takes no delay longer than 24 days. */
const longestTimer = 86_400_000;

export interface PayloadsEndOptions {
  readonly clock: Clock;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly grace: number;
  /** Monotonic milliseconds at which the pilot ends, as far as it knows. */
  readonly endAt: () => number;
}

/** By when payloads are killed: a grace after the pilot's end, which may move, or has come. */
export class PayloadsEnd {
  readonly #options: PayloadsEndOptions;
  /** Tells payloads. */
  readonly deadline = new Deadline(() => this.#seconds());
  /** Monotonic milliseconds at which the payloads of an ending pilot are killed. */
  #killAt: number | undefined;
  #timer: Timer | undefined;

  constructor(options: PayloadsEndOptions) {
    this.#options = options;
  }

  /** The pilot ends now. @param giveUp called when the last results had their time to reach the pool */
  begin(giveUp: () => void): void {
    const { clock, grace } = this.#options;
    this.#killAt = clock.monotonic() + grace;
    this.moved();
    this.#timer = clock.after(Math.min(longestTimer, grace + lastResults), giveUp);
  }

  /** The pilot's end is another one. */
  moved(): void {
    this.deadline.moved();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Since the epoch: payloads are stopped at the pilot's end, and killed after their grace. */
  #seconds(): number {
    const { clock, grace, endAt } = this.#options;
    const at = this.#killAt ?? endAt() + grace;
    return Math.floor((clock.wall() + at - clock.monotonic()) / 1000);
  }
}
