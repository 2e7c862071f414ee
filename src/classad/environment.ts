import type { Budget } from './budget.ts';

/**
 * What an evaluation may know about the outside world. Everything is optional; a function whose source is missing is an error.
 *
 * **Gotchas.** Without `now` an expression that reads `time()` is an error, and in `Requirements` an error is no match: such
 * a job waits for ever, and nobody sees why. An evaluation never throws, whatever users wrote: an error is a
 * value, and `undefined` is neither true nor false. To evaluate one text against many ads, pass one
 * `budget` for all of them; otherwise each evaluation may use up the full limit.
 */
export interface Environment {
  /** Seconds since the epoch. */
  readonly now?: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** How far the local time zone is ahead of UTC at that time, in seconds; UTC if absent. */
  readonly utcOffset?: (epochSeconds: number) => number;
  /** The home directory of a user, where the machine knows one. */
  readonly home?: (user: string) => string | undefined;
  /** Limits the work of this evaluation and others together; if absent, each has its own limit. */
  readonly budget?: Budget;
}

export const noEnvironment: Environment = {};
