import * as z from 'zod';

/** How many pilots a group may have, and how fast they may come. Pilots that failed do not count. */
export const limits = z
  .strictObject({
    maxPilots: z.int().min(0).max(100_000).default(100).describe('Pilots at the same time.'),
    maxPending: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('Pilots that have been created and have not registered yet.'),
    maxIdle: z
      .int()
      .min(1)
      .max(100_000)
      .default(50)
      .describe('Registered pilots without a job; while there are so many, none is created.'),
    createPerMinute: z.int().min(1).max(6000).default(600).describe('Pilots created within a minute.'),
  })
  .prefault({})
  .describe('How many pilots the group may have, and how fast they may come.');

export type Limits = z.infer<typeof limits>;
