import * as z from 'zod';
import { accounting } from './accounting.ts';
import { concurrencyLimits } from './concurrency-limits.ts';
import { byteQuantity } from './fields.ts';
import { keyedList } from './list.ts';
import { trustedIssuer } from './trusted-issuer.ts';

/** The quota of each owner of jobs in the spool. */
export const filesPerOwner = byteQuantity(
  'How many bytes of files each user may have in the pool that nobody else’s jobs name. Whoever has more can submit and upload nothing until some are gone; results are always accepted. No limit if absent.',
);

/** What a pool reads from its specification file, in addition to its flags; it reads the file again whenever it changes. */
export const poolSpec = z.strictObject({
  issuers: keyedList(trustedIssuer, 'name', 65)
    .default([])
    .describe('Issuers whose tokens are accepted, in addition to the pool’s own.'),
  concurrencyLimits: concurrencyLimits.describe(
    'How much there is of each of the concurrency_limits that jobs name.',
  ),
  filesPerOwner: filesPerOwner.optional(),
  accounting: accounting
    .describe('How slots are divided when there are not enough for all; with HTCondor’s defaults if absent.')
    .optional(),
});

export type PoolSpec = z.infer<typeof poolSpec>;
