import * as z from 'zod';
import { keyedList } from './list.ts';
import { trustedIssuer } from './trusted-issuer.ts';

/** What a pool is told in a file, beside its flags; it reads the file again whenever that changes. */
export const poolSpec = z.strictObject({
  issuers: keyedList(trustedIssuer, 'name', 65)
    .default([])
    .describe('Whose tokens are accepted, beside the pool’s own.'),
});

export type PoolSpec = z.infer<typeof poolSpec>;
