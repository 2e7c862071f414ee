import * as z from 'zod';

export const gcQuery = z.object({
  /** Say only what would be removed. */
  dryRun: z.stringbool().default(false),
});

/** What was removed, or would be. */
export const gcAnswer = z.object({
  /** Ended jobs. */
  history: z.int(),
  /** Files that no job names any more. */
  files: z.int(),
  fileBytes: z.int(),
  /** Bytes of the volume that are free now, and its size. */
  freeBytes: z.number(),
  sizeBytes: z.number(),
});

export type GcAnswer = z.infer<typeof gcAnswer>;
