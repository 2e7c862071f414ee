import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { TokenBucket } from '#kube/token-bucket.ts';

export interface RateLimitOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** The delay after the first failure of a name, in milliseconds. It doubles up to `most`. Default: 100, and 300,000. */
  readonly first?: number;
  readonly most?: number;
  /** Retries of all names together. Default: 10 per second, and 100 at once. */
  readonly perSecond?: number;
  readonly burst?: number;
}

/** Decides when a name that failed is retried: later after each failure in a row, and never too many names at once. */
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

  /** How many names are failing. */
  get failing(): number {
    return this.#failing.size;
  }

  /** `name` has failed again. @returns milliseconds until it should be retried */
  next(name: string): number {
    const { first = 100, most = 300_000, random } = this.#options;
    const backoff = this.#failing.get(name) ?? new Backoff({ first, most, random });
    this.#failing.set(name, backoff);
    return Math.max(backoff.next(), this.#bucket.reserve());
  }

  /** `name` has succeeded, or is no longer retried. */
  forget(name: string): void {
    this.#failing.delete(name);
  }
}
