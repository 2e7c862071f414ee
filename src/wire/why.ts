import * as z from 'zod';

/** Why some slots or fresh pilots do not run a job. */
export const slotAnalysis = z.object({
  /** `cpus`, `memory`, `disk`, `gpus`, `busy`, `jobRequirements`, `slotRequirements`, `draining`, `away`, `none`. */
  kind: z.string(),
  /** How many slots this applies to. */
  count: z.int(),
  sentence: z.string(),
  /** Some of their names. */
  examples: z.array(z.string()),
});

/** A group whose pilots join this pool, and what it could do for the job. */
export const groupAnalysis = z.object({
  site: z.string(),
  name: z.string(),
  fits: z.boolean(),
  sentence: z.string(),
  /** How many pilots the site wants now, and its decision as a sentence. */
  wanted: z.int(),
  decision: z.string(),
  /** What prevents fresh pilots of the group, as a sentence; absent while nothing is known to. */
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
  /** For an idle job: the registered pilots, grouped by mismatch, the most frequent first. */
  slots: z.array(slotAnalysis),
  /** For an idle job: the groups that could start fresh pilots. */
  groups: z.array(groupAnalysis),
});

export type SlotAnalysis = z.infer<typeof slotAnalysis>;
export type GroupAnalysis = z.infer<typeof groupAnalysis>;
export type WhyAnswer = z.infer<typeof whyAnswer>;
