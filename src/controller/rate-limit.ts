import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { TokenBucket } from '#kube/token-bucket.ts';

export interface RateLimitOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Delay after the first failure of a name, milliseconds; doubles up to `most`. Default 100 and 300,000. */
  readonly first?: number;
  readonly most?: number;
  /** Retries of all names together. Default 10 a second, 100 at once. */
  readonly perSecond?: number;
  readonly burst?: number;
}

/** When a name that failed is tried again: later with each failure in a row, and never too many names at once. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #bucket: TokenBucket;
  readonly #failing = new Map<string, Backoff>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket({
      clock: options.clock,
      perSecond: options.perSecond ?? 10,
      burst: options.burst ?? 100,
    });
  }

  /** Names with failures in a row. */
  get failing(): number {
    return this.#failing.size;
  }

  /** Milliseconds until `name`, which failed once more, is due. */
  next(name: string): number {
    const { first = 100, most = 300_000, random } = this.#options;
    const backoff = this.#failing.get(name) ?? new Backoff({ first, most, random });
    this.#failing.set(name, backoff);
    return Math.max(backoff.next(), this.#bucket.reserve());
  }

  /** `name` succeeded, or is not retried any more. */
  forget(name: string): void {
    this.#failing.delete(name);
  }
}
