import type { Clock } from '#base/clock.ts';
import { Budget } from '#classad/budget.ts';
import type { Environment } from '#classad/environment.ts';

/** What ClassAd expressions in the pool may know of the world: `time()` and `random()`. */
export const environmentOf = (clock: Clock): Environment => ({
  now: () => Math.floor(clock.wall() / 1000),
  random: Math.random,
});

/**
 * The same for what is evaluated so many times to answer one request: all of that together may take no longer than what
 * people write takes, so that no text keeps the pool from others.
 */
export const environmentFor = (clock: Clock, evaluations: number): Environment => ({
  ...environmentOf(clock),
  budget: new Budget(mostSteps + mostStepsEach * evaluations),
});

/** Attributes read; most expressions read a few dozen. */
const mostSteps = 20_000;
const mostStepsEach = 1_000;
