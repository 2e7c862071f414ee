import { milliseconds } from '#spec/fields.ts';
import type { PilotSpec } from '#spec/pilot.ts';
import type { LifetimeLimits } from './lifetime.ts';

/** What an order says of its pilot's life. */
export const limitsOf = (lifetimes: PilotSpec['lifetimes']): LifetimeLimits => ({
  maxIdle: milliseconds(lifetimes.maxIdle),
  maxTail: milliseconds(lifetimes.maxTail),
  retireAfter: milliseconds(lifetimes.retireAfter),
  endAfter: milliseconds(lifetimes.endAfter),
});
