import * as z from 'zod';
import { lack } from './finding.ts';

/** What keeps a job from running, or a slot from being used: for programs. New kinds may come. */
export const whyKinds = [
  // A job that does not wait.
  'running',
  'held',
  'completed',
  'removed',
  // Before it is matched at all.
  'ending',
  'backoff',
  'maxIdle',
  'poolMemory',
  'poolDisk',
  'concurrencyLimit',
  'tooSlow',
  // Nothing fits.
  'alwaysFalse',
  'contradiction',
  'undefinedAttribute',
  'cpus',
  'memory',
  'disk',
  'gpus',
  'jobRequirements',
  'slotRequirements',
  'mismatch',
  'noPilots',
  'poolRestarting',
  'siteSilent',
  // Something fits.
  'matched',
  'quota',
  'fairShare',
  'jobPriority',
  'busy',
  'reserved',
  'draining',
  'away',
  'pilotStarting',
  'pilotWanted',
  'groupBlocked',
  'groupLimit',
  'groupSuspended',
  'policyLeavesOut',
  'groupMismatch',
] as const;

export type WhyKind = (typeof whyKinds)[number];

/** Why some slots or fresh pilots do not run a job. */
export const slotAnalysis = z.object({
  /** `cpus`, `memory`, `disk`, `gpus`, `busy`, `jobRequirements`, `slotRequirements`, `reserved`, `draining`, `away`, `none`. */
  kind: z.string(),
  /** How many slots this applies to. */
  count: z.int(),
  sentence: z.string(),
  /** Some of their names. */
  examples: z.array(z.string()),
});

/** One of the things that must hold for the job to run in a slot, and what it excludes. */
export const conditionAnalysis = z.object({
  /** `cpus`, `memory`, `disk`, `gpus`, `jobRequirements`, `slotRequirements`. */
  kind: z.string(),
  /** What the job asks for, or a clause that `&&` joins with others. */
  text: z.string(),
  /** Registered slots that it excludes, and those that nothing else excludes. */
  slots: z.int(),
  slotsAlone: z.int(),
  /** The same of groups: their fresh pilots would be excluded. */
  groups: z.int(),
  groupsAlone: z.int(),
});

/** The slots that come closest, and what to change so that the job fits them. */
export const nearestAnalysis = z.object({
  /** What to write in the submit file. */
  changes: z.array(z.string()),
  /** How many registered slots would fit then, and some of their names. */
  slots: z.int(),
  /** How many groups' fresh pilots would. */
  groups: z.int(),
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

/** Where the job's submitter is in the order of service. */
export const shareAnalysis = z.object({
  submitter: z.string(),
  /** The lower, the earlier it is served. */
  effectivePriority: z.number(),
  /** Cores in use now. */
  cores: z.number(),
  /** Submitters with waiting jobs that are served before this one, and some of their names. */
  before: z.int(),
  examples: z.array(z.string()),
  /** In a sentence. */
  sentence: z.string(),
});

/** How many there are, and how many of them could run the job. */
const matching = z.object({
  /** Registered slots; those that would fit if they were free; those of them that are free. */
  slots: z.int(),
  slotsFitting: z.int(),
  slotsFree: z.int(),
  groups: z.int(),
  groupsFitting: z.int(),
});

/** `GET /v1/jobs/JOB/why`. Lists are bounded: what excludes most comes first. */
export const whyAnswer = z.object({
  job: z.string(),
  state: z.string(),
  /** One of {@link whyKinds}, or a newer one; absent in answers of older pools, and so are the fields with defaults. */
  kind: z.string().optional(),
  /** The cause in one sentence, with what to do about it. */
  summary: z.string(),
  /** For how long the job has been in its state. */
  sinceSeconds: z.number().optional(),
  /** What else there is to know, a sentence each. */
  details: z.array(z.string()).default([]),
  matching: matching.optional(),
  /** For an idle job: what must hold for it to run, and what does not. */
  conditions: z.array(conditionAnalysis).default([]),
  nearest: nearestAnalysis.optional(),
  /** For an idle job: the registered pilots, grouped by mismatch, the most frequent first. */
  slots: z.array(slotAnalysis),
  /** For an idle job: the groups that could start fresh pilots. */
  groups: z.array(groupAnalysis),
  share: shareAnalysis.optional(),
});

/** Why a slot runs no more jobs: for programs. New kinds may come. */
export const slotWhyKinds = [
  'noJobs',
  'noneFits',
  'limits',
  'matched',
  'busy',
  'reserved',
  'draining',
  'retiring',
  'validation',
  'away',
] as const;

export type SlotWhyKind = (typeof slotWhyKinds)[number];

/** `GET /v1/slots/SLOT/why`. Lists are bounded. */
export const slotWhyAnswer = z.object({
  slot: z.string(),
  group: z.string(),
  site: z.string(),
  /** One of {@link slotWhyKinds}, or a newer one. */
  kind: z.string(),
  /** The cause in one sentence. */
  summary: z.string(),
  /** For how long it has run nothing; 0 while it runs something. */
  idleSeconds: z.number(),
  /** The jobs that use it. */
  jobs: z.array(z.string()),
  /** What is free on it, in cores, MiB, KiB and GPUs. */
  free: z.object({ cpus: z.number(), memory: z.number(), disk: z.number(), gpus: z.number() }),
  /** What its node lacks, and what shows it; absent if its pilot is of an older version. */
  lacks: z.array(lack).optional(),
  /** Why waiting jobs do not get it, the reason of most jobs first. */
  reasons: z.array(z.object({ sentence: z.string(), jobs: z.int(), examples: z.array(z.string()) })),
});

export type SlotAnalysis = z.infer<typeof slotAnalysis>;
export type ConditionAnalysis = z.infer<typeof conditionAnalysis>;
export type GroupAnalysis = z.infer<typeof groupAnalysis>;
export type ShareAnalysis = z.infer<typeof shareAnalysis>;
export type WhyAnswer = z.infer<typeof whyAnswer>;
export type SlotWhyAnswer = z.infer<typeof slotWhyAnswer>;
