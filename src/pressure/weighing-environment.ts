import { Budget } from '#classad/budget.ts';
import type { Environment } from '#classad/environment.ts';

/** What the expressions of one job may know while it is weighed, and the work that they may take in all. */
export type WeighingEnvironment = Environment & { readonly budget: Budget };

/** Attributes read: once, and for each slot that a job may be looked at with. What people write reads a few dozen. */
const mostSteps = 20_000;
const mostStepsASlot = 400;

/**
 * The environment of one job.
 * @param time seconds since the epoch by the pool's clock; undefined where an older pool did not say
 * @param slots how many there are
 */
export const weighingEnvironment = (time: number | undefined, slots: number): WeighingEnvironment => ({
  ...(time === undefined ? {} : { now: () => time }),
  budget: new Budget(mostSteps + mostStepsASlot * slots),
});
