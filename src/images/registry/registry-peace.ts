import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';

/** How somebody waits who has a place that others want: it is given away until `wait` is over. */
export type Rest = (wait: () => Promise<void>) => Promise<void>;

/** For how many milliseconds a request waits at most until its registry wants to be asked again. */
const longestWait = 300_000;

/** The longest time in milliseconds for which a registry may want not to be asked at all. */
const longestPeace = 6 * 3_600_000;

/** A registry that has said `Retry-After` is left in peace by all who share this. */
export class RegistryPeace {
  readonly #clock: Clock;
  /** By the monotonic clock. */
  #until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits until the registry may be asked. @throws GlideinError Unavailable if that takes long */
  async wait(registry: string, rest: Rest, signal: AbortSignal): Promise<void> {
    const left = this.#until - this.#clock.monotonic();
    if (left > longestWait)
      throw new GlideinError(
        'Unavailable',
        `the registry ${registry} wants to be asked again in ${Math.ceil(left / 1000)} seconds only`,
      );
    if (left > 0) await rest(() => sleep(this.#clock, left, signal));
    signal.throwIfAborted();
  }

  /**
   * Heeds what an answer says: `Retry-After` in seconds, or as a date.
   * @returns the milliseconds to wait
   */
  heed(header: string | undefined): number {
    if (header === undefined) return 0;
    const seconds = Number(header);
    const wished = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - this.#clock.wall();
    if (Number.isNaN(wished)) return 0;
    const wait = Math.min(longestPeace, Math.max(0, wished));
    this.#until = Math.max(this.#until, this.#clock.monotonic() + wait);
    return wait;
  }

  /** Whether it is worth while to wait for another try. */
  isShort(wait: number): boolean {
    return wait <= longestWait;
  }
}
