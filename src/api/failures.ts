import * as z from 'zod';
import { duration } from '#spec/fields.ts';

/** When a group whose pilots all fail stops creating them and tries single ones instead. */
export const breaker = z
  .strictObject({
    failures: z.int().min(1).max(1000).default(5).describe('How many failures open the breaker.'),
    within: duration('The time within which they must happen, without a success in between.').default('10m'),
    probeAfter: duration(
      'The time until a single pilot is tried; it doubles with each trial that fails.',
    ).default('2m'),
    probeAtMost: duration('The longest time between two trials.').default('30m'),
  })
  .prefault({})
  .describe('When a group whose pilots all fail stops creating them and tries single ones instead.');

export type Breaker = z.infer<typeof breaker>;
