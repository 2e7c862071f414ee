import * as z from 'zod';

/**
 * What the bearer of a token may do. submitter: its own jobs. pilot: claims of its own uid. operator: bids, proofs of
 * death, drains. admin: everything.
 */
export const role = z.enum(['submitter', 'pilot', 'operator', 'admin']);

export type Role = z.infer<typeof role>;
