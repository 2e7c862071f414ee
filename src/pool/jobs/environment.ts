import type { Clock } from '#base/clock.ts';
import { Budget } from '#classad/budget.ts';
import type { Environment } from '#classad/environment.ts';

/** What `time()` and `random()` return in the pool's ClassAd expressions. */
export const environmentOf = (clock: Clock): Environment => ({
  now: () => Math.floor(clock.wall() / 1000),
  random: Math.random,
});

/**
 * The same with a budget for all evaluations of one request together: it suffices for what people write, and keeps a hostile
 * expression from stalling the pool.
 */
export const environmentFor = (clock: Clock, evaluations: number): Environment => ({
  ...environmentOf(clock),
  budget: new Budget(stepsFor(evaluations)),
});

/** Budgets count the attributes read; most expressions read a few dozen. */
const mostSteps = 20_000;
const mostStepsEach = 1_000;

/** The budget of a request for this many evaluations. */
export const stepsFor = (evaluations: number): number => mostSteps + mostStepsEach * evaluations;
