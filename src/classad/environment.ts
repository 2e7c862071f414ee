import type { Budget } from './budget.ts';

/**
 * What an evaluation may know of the world. Everything is optional; a function that lacks its source is an error.
 *
 * **Gotchas.** Without `now` an expression that reads `time()` is an error, and in `Requirements` an error is no match: such
 * a job waits for ever without a reason that anybody sees. An evaluation never throws, whatever users wrote: an error is a
 * value, and `undefined` is neither true nor false. Whoever evaluates one text against many ads hands in one `budget`
 * for all of them, or pays its limit each time.
 */
export interface Environment {
  /** Seconds since the epoch. */
  readonly now?: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** How far the local zone is ahead of UTC at that instant, in seconds; UTC when left out. */
  readonly utcOffset?: (epochSeconds: number) => number;
  /** The home directory of a user, where the machine knows one. */
  readonly home?: (user: string) => string | undefined;
  /** What this evaluation and others may take together; without one each has a limit of its own. */
  readonly budget?: Budget;
}

export const noEnvironment: Environment = {};
