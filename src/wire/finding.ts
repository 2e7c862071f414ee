import * as z from 'zod';

/** One thing that a probe has found out about a node. */
export const finding = z.object({
  /** For people: `FUSE`. */
  what: z.string(),
  /** What the slot ad says of it. */
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** `bad`: no payload can run here, or not well. `missing`: jobs that need it run elsewhere. */
  verdict: z.enum(['good', 'missing', 'bad']),
  /** What was run or read, and what it said. */
  evidence: z.string(),
  /** The least change that would make it good; absent if nothing needs to change, or nobody knows. */
  cure: z.string().optional(),
});

/** What is kept of a finding that is not good. */
export const lack = z.object({ what: z.string().max(64), evidence: z.string().max(256) });

export type Lack = z.infer<typeof lack>;
export type Finding = z.infer<typeof finding>;
