import * as z from 'zod';
import { concurrencyLimits } from './concurrency-limits.ts';
import { keyedList } from './list.ts';
import { trustedIssuer } from './trusted-issuer.ts';

/** What a pool reads from its specification file, in addition to its flags; it reads the file again whenever it changes. */
export const poolSpec = z.strictObject({
  issuers: keyedList(trustedIssuer, 'name', 65)
    .default([])
    .describe('Issuers whose tokens are accepted, in addition to the pool’s own.'),
  concurrencyLimits: concurrencyLimits.describe(
    'How much there is of each of the concurrency_limits that jobs name.',
  ),
});

export type PoolSpec = z.infer<typeof poolSpec>;
