import type { Budget } from './budget.ts';

/** What an evaluation may know of the world. Everything is optional; a function that lacks its source is an error. */
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
