import * as z from 'zod';

/** The body of every answer that is not a success. */
export const problem = z.object({
  code: z.string(),
  message: z.string(),
  cure: z.string().optional(),
  place: z
    .object({
      file: z.string().optional(),
      line: z.int().optional(),
      column: z.int().optional(),
      text: z.string().optional(),
    })
    .optional(),
});

export type Problem = z.infer<typeof problem>;
