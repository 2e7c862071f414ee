import { Budget } from '#classad/budget.ts';
import type { Environment } from '#classad/environment.ts';

/** What the expressions of one job may read while it is evaluated, and how much work they may take in all. */
export type WeighingEnvironment = Environment & { readonly budget: Budget };

/** How many attributes may be read, plus how many for each slot. What people write reads a few dozen. */
const mostSteps = 20_000;
const mostStepsASlot = 400;

/**
 * The environment of one job.
 * @param time seconds since the epoch by the pool's clock; undefined: an older pool does not say
 * @param slots how many slots there are
 */
export const weighingEnvironment = (time: number | undefined, slots: number): WeighingEnvironment => ({
  ...(time === undefined ? {} : { now: () => time }),
  budget: new Budget(mostSteps + mostStepsASlot * slots),
});
