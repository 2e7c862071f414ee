import * as z from 'zod';
import { adTexts } from './ad-texts.ts';
import { jobFile, leftFile, relativePath, streamFile } from './file.ts';
import { outcome } from './outcome.ts';

/** `12.3`, or `12` for a whole cluster. */
export const jobId = z
  .string()
  .regex(/^[1-9][0-9]{0,15}(\.[0-9]{1,9})?$/, 'write a job such as 12.3, or a cluster such as 12');

/** The most procs that one submit may bring. */
export const maxProcs = 1_000_000;

/** What of a submit is one job's own. */
export const submitProc = z.object({ attributes: adTexts, inputs: z.array(jobFile).max(10_000) });

/** Jobs for the queue: one cluster. The inputs' contents are in the spool already. */
export const submitRequest = z.object({
  /** Chosen by the client: the same key again gets the same answer, not a second cluster. */
  key: z.string().min(8).max(64),
  cluster: adTexts,
  procs: z.array(submitProc).min(1).max(maxProcs),
});

/** Asks whether the pool has room for so many bytes of inputs; an older pool does not know the question. */
export const roomQuery = z.object({ bytes: z.coerce.number().int().min(0) });

export const submitAnswer = z.object({ cluster: z.int(), procs: z.int() });

/** One execution of a job, finished or not. */
export const attempt = z.object({
  epoch: z.int(),
  pilot: z.string(),
  pilotUid: z.string(),
  group: z.string(),
  claimedAt: z.number(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  /** Absent while it runs, and when nothing was ever heard of its end. */
  outcome: outcome.optional(),
  /** Why it ended, for people; says so too when the attempt does not count. */
  reason: z.string().optional(),
});

/** A job as the pool shows it. */
export const jobView = z.object({
  id: z.string(),
  ad: adTexts,
  attempts: z.array(attempt),
  outputs: z.array(jobFile),
  stdout: streamFile.optional(),
  stderr: streamFile.optional(),
  /** Folders without a file in them. */
  folders: z.array(relativePath).max(10_000).optional(),
  /** What does not come back, and why. */
  left: z.array(leftFile).max(100).optional(),
  /** The reader does not own the job, so nothing is told of what it left: whoever knows a digest has the file. */
  filesWithheld: z.boolean().optional(),
});

/** Where a page of jobs begins: after the job that an answer's `next` names. */
export const jobsCursor = z.string().regex(/^[0-9]{1,16}(\.[0-9]{1,16}){1,2}$/);

export const jobsAnswer = z.object({
  jobs: z.array(jobView),
  /** How many there are in all; of a page that was asked for with `after` or `limit`, how many it has. */
  total: z.int(),
  /** There are more: ask again with this as `after`. */
  next: jobsCursor.optional(),
});

/** Characters of the reason of an action. */
export const maxReason = 1024;

export const jobAction = z.object({
  action: z.enum(['remove', 'hold', 'release']),
  jobs: z.array(jobId).min(1).max(10_000),
  reason: z.string().max(maxReason),
});

export const jobActionAnswer = z.object({
  changed: z.int(),
  /** Jobs that the action did not fit, each with the reason. */
  refused: z.array(
    z.object({
      job: z.string(),
      reason: z.string(),
      /** Of the catalogue of errors; an older pool tells none. */
      code: z.string().optional(),
    }),
  ),
});

export type SubmitRequest = z.infer<typeof submitRequest>;
export type SubmitAnswer = z.infer<typeof submitAnswer>;
export type Attempt = z.infer<typeof attempt>;
export type JobView = z.infer<typeof jobView>;
export type JobsAnswer = z.infer<typeof jobsAnswer>;
export type JobAction = z.infer<typeof jobAction>;
export type JobActionAnswer = z.infer<typeof jobActionAnswer>;
