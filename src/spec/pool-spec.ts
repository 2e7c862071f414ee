import * as z from 'zod';
import { concurrencyLimits } from './concurrency-limits.ts';
import { keyedList } from './list.ts';
import { trustedIssuer } from './trusted-issuer.ts';

/** What a pool is told in a file, beside its flags; it reads the file again whenever that changes. */
export const poolSpec = z.strictObject({
  issuers: keyedList(trustedIssuer, 'name', 65)
    .default([])
    .describe('Whose tokens are accepted, beside the pool’s own.'),
  concurrencyLimits: concurrencyLimits.describe('How much of what jobs name as concurrency_limits there is.'),
});

export type PoolSpec = z.infer<typeof poolSpec>;
