import * as z from 'zod';
import { duration } from '#spec/fields.ts';

/** When a group whose pilots fail everywhere stops creating them, and tries with a single one. */
export const breaker = z
  .strictObject({
    failures: z.int().min(1).max(1000).default(5).describe('Failures that open the breaker.'),
    within: duration('The time within which the failures happen, with no success between them.').default(
      '10m',
    ),
    probeAfter: duration('After so long one pilot is tried; it doubles with each trial that fails.').default(
      '2m',
    ),
    probeAtMost: duration('The longest time between two trials.').default('30m'),
  })
  .prefault({})
  .describe('When a group whose pilots fail everywhere stops creating them, and tries with a single one.');

export type Breaker = z.infer<typeof breaker>;
