import * as z from 'zod';
import { adTexts } from './ad-texts.ts';
import { jobFile, leftFile, relativePath, streamFile } from './file.ts';
import { outcome } from './outcome.ts';

/** `12.3`, or `12` for a whole cluster. */
export const jobId = z
  .string()
  .regex(/^[1-9][0-9]{0,15}(\.[0-9]{1,9})?$/, 'write a job such as 12.3, or a cluster such as 12');

/** The most procs in one submit. */
export const maxProcs = 1_000_000;

/** The most inputs of one job. */
export const mostInputs = 10_000;

/** The part of a submit that belongs to one job. */
export const submitProc = z.object({ attributes: adTexts, inputs: z.array(jobFile).max(mostInputs) });

/** The most procs in one series: their numbers have nine digits. */
export const longestSeries = 1_000_000_000;

/**
 * Procs that differ only by their number, for which `$(ProcId)` stands: in strings, or where a number stands by itself. Older
 * pools do not know this form.
 */
export const submitSeries = submitProc.extend({ count: z.int().min(1).max(longestSeries) });

/** The fewest and the most characters of a submission's key. */
export const shortestKey = 8;
export const longestKey = 64;

/** Jobs for the queue: one cluster. The inputs' contents are in the spool already. */
export const submitRequest = z.object({
  /** Chosen by the client: repeating a request with the same key returns the same answer and makes no second cluster. */
  key: z.string().min(shortestKey).max(longestKey),
  cluster: adTexts,
  procs: z.array(submitProc).min(1).max(maxProcs),
});

/** The same for a series. */
export const seriesRequest = submitRequest.extend({ procs: submitSeries });

/** Asks whether the pool has room for this many bytes of inputs. An older pool does not know this request. */
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
  /** Absent while it runs, and if its end was never reported. */
  outcome: outcome.optional(),
  /** Why it ended, for people; it also says so if the attempt does not count. */
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
  /** Empty folders among the outputs. */
  folders: z.array(relativePath).max(10_000).optional(),
  /** What does not come back, and why. */
  left: z.array(leftFile).max(100).optional(),
  /** The reader does not own the job, so its files are not listed: whoever knows a file's digest can read the file. */
  filesWithheld: z.boolean().optional(),
});

/** Where a page of jobs begins: after the job that an answer's `next` names. */
export const jobsCursor = z.string().regex(/^[0-9]{1,16}(\.[0-9]{1,16}){1,2}$/);

export const jobsAnswer = z.object({
  jobs: z.array(jobView),
  /** How many jobs there are in total; for a request with `after` or `limit`, how many are on this page. */
  total: z.int(),
  /** There are more jobs: ask again with this as `after`. */
  next: jobsCursor.optional(),
});

/** The most characters in the reason for an action. */
export const maxReason = 1024;

/** The most characters of a constraint on jobs. */
export const longestConstraint = 16_384;

const integer32 = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1);

/** Which jobs to change: the ones that are named, and the ones that are selected in any of the other ways. */
export const jobAction = z.object({
  action: z.enum(['remove', 'hold', 'release', 'prioritize']),
  /**
   * May be absent if something else selects jobs. An older pool knows nothing else and refuses a request without it, so a client
   * names jobs in one request and selects others in a second one.
   */
  jobs: z.array(jobId).max(10_000).default([]),
  /** Jobs whose ad makes this ClassAd expression true. */
  constraint: z.string().max(longestConstraint).optional(),
  /** All jobs of these users. */
  owners: z.array(z.string().min(1).max(256)).max(1000).optional(),
  /** All jobs that the sender may change. */
  all: z.boolean().optional(),
  /** Goes on where an earlier answer ended: its `next`. */
  after: jobsCursor.optional(),
  reason: z.string().max(maxReason),
  /** The HoldReasonSubCode of a hold, for programs. */
  subcode: integer32.optional(),
  /** The JobPrio that `prioritize` gives the jobs. */
  priority: integer32.optional(),
  /** In place of `priority`: by how much `prioritize` raises (or lowers, if negative) the JobPrio of each job. */
  priorityBy: integer32.optional(),
});

export const jobActionAnswer = z.object({
  changed: z.int(),
  /** There are jobs that have not been looked at yet: send the same request with this as `after`. */
  next: jobsCursor.optional(),
  /** Jobs that could not be changed, each with the reason. */
  refused: z.array(
    z.object({
      job: z.string(),
      reason: z.string(),
      /** A code from the error catalogue; older pools send none. */
      code: z.string().optional(),
    }),
  ),
});

export type SubmitRequest = z.infer<typeof submitRequest>;
export type SeriesRequest = z.infer<typeof seriesRequest>;
export type SubmitAnswer = z.infer<typeof submitAnswer>;
export type Attempt = z.infer<typeof attempt>;
export type JobView = z.infer<typeof jobView>;
export type JobsAnswer = z.infer<typeof jobsAnswer>;
export type JobAction = z.infer<typeof jobAction>;
/** An action as a client sends it. */
export type JobActionRequest = z.input<typeof jobAction>;
export type JobActionAnswer = z.infer<typeof jobActionAnswer>;
