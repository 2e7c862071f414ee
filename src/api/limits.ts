import * as z from 'zod';

/** How many pilots a group may have, and how fast they may be created. Failed pilots do not count. */
export const limits = z
  .strictObject({
    maxPilots: z.int().min(0).max(100_000).default(100).describe('The most pilots at the same time.'),
    maxPending: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('The most pilots that were created but have not registered yet.'),
    maxIdle: z
      .int()
      .min(1)
      .max(100_000)
      .default(50)
      .describe('The most registered pilots without a job; while there are that many, none are created.'),
    createPerMinute: z
      .int()
      .min(1)
      .max(6000)
      .default(600)
      .describe('The most pilots created within a minute.'),
  })
  .prefault({})
  .describe('How many pilots the group may have, and how fast they may be created.');

export type Limits = z.infer<typeof limits>;
