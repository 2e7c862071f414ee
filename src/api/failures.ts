import { z } from 'zod';
import { duration } from '#spec/fields.ts';

/** When a node on which pilots fail is avoided. */
export const quarantine = z
  .strictObject({
    mode: z
      .enum(['Avoid', 'Off'])
      .default('Avoid')
      .describe('Avoid: new pilots keep away from a bad node by anti-affinity. Off: nothing is done.'),
    failures: z.int().min(1).max(1000).default(3).describe('Failures on one node that make it bad.'),
    within: duration('The time within which the failures happen.').default('30m'),
    duration: duration('How long the node is avoided.').default('1h'),
    maxNodes: z
      .int()
      .min(1)
      .max(500)
      .default(10)
      .describe('Nodes avoided at most; when more would be bad, the fault is taken for the group’s.'),
  })
  .prefault({})
  .describe('When a node on which pilots fail is avoided.');

export type Quarantine = z.infer<typeof quarantine>;

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
