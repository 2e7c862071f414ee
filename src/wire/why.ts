import * as z from 'zod';

/** Why some slots or fresh pilots do not run a job. */
export const slotAnalysis = z.object({
  /** `cpus`, `memory`, `disk`, `gpus`, `busy`, `jobRequirements`, `slotRequirements`, `draining`, `away`, `none`. */
  kind: z.string(),
  /** How many are meant. */
  count: z.int(),
  sentence: z.string(),
  /** Some of their names. */
  examples: z.array(z.string()),
});

/** A group that some site feeds into the pool, and what it would do for the job. */
export const groupAnalysis = z.object({
  site: z.string(),
  name: z.string(),
  fits: z.boolean(),
  sentence: z.string(),
  /** Pilots that the site wants now, and its decision in a sentence. */
  wanted: z.int(),
  decision: z.string(),
  /** What keeps fresh pilots of the group from coming, in a sentence; absent while nothing is known to. */
  blocked: z.string().optional(),
  /** Seconds since the site said so. */
  heardSecondsAgo: z.number().optional(),
});

/** `GET /v1/jobs/JOB/why`. */
export const whyAnswer = z.object({
  job: z.string(),
  state: z.string(),
  /** The answer in one sentence. */
  summary: z.string(),
  /** For an idle job: the registered pilots, those with the same mismatch together, most first. */
  slots: z.array(slotAnalysis),
  /** For an idle job: the groups that could bring fresh pilots. */
  groups: z.array(groupAnalysis),
});

export type SlotAnalysis = z.infer<typeof slotAnalysis>;
export type GroupAnalysis = z.infer<typeof groupAnalysis>;
export type WhyAnswer = z.infer<typeof whyAnswer>;
