import * as z from 'zod';
import { resources } from './claim.ts';
import { jobId } from './jobs.ts';
import { usage } from './outcome.ts';
import { words } from './words.ts';

/** How a payload came to its end by itself. */
const exit = z.union([z.object({ exitCode: z.int() }), z.object({ signal: z.string().max(32) })]);

const held = z.object({ code: z.int(), subcode: z.int().default(0), reason: words(4096) });

/** What has happened to a job, or to all jobs of a cluster. Times are epoch milliseconds. */
const detail = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('submitted'), procs: z.int(), hold: held.optional() }),
  z.object({ kind: z.literal('started'), pilot: z.string(), takes: resources }),
  /** An execution is over and its results are in the spool. */
  z.object({
    kind: z.literal('ended'),
    startedAt: z.number().optional(),
    endedAt: z.number(),
    exit: exit.optional(),
    usage,
    takes: resources.optional(),
    /** Of files and streams that came back. */
    sentBytes: z.number(),
    /** Of the inputs. */
    receivedBytes: z.number(),
    next: z.enum(['Completed', 'Idle', 'Held']),
    /** Why it runs again, or is held. */
    reason: words(4096).optional(),
    hold: held.optional(),
  }),
  z.object({
    kind: z.literal('lost'),
    pilot: z.string(),
    reason: words(4096),
    /** Whether its payload had begun. */
    began: z.boolean(),
    hold: held.optional(),
  }),
  /** The job's own policy ended its execution, and it runs again; `hold` says why. */
  z.object({ kind: z.literal('vacated'), hold: held }),
  z.object({ kind: z.literal('removed'), reason: words(4096), ran: z.boolean() }),
  z.object({ kind: z.literal('held'), ran: z.boolean(), hold: held }),
  z.object({ kind: z.literal('released'), reason: words(4096) }),
  /** Of a newer pool. */
  z.object({ kind: z.literal('unknown') }),
]);

export const jobEvent = z.object({
  /** Larger than that of everything that happened before. */
  seq: z.int(),
  job: jobId,
  at: z.number(),
  what: detail.catch({ kind: 'unknown' }),
});

export const eventsAnswer = z.object({
  /** Numbers of another life of the pool, before it was restored from a backup, mean nothing in this one. */
  generation: z.string(),
  events: z.array(jobEvent),
  /** What to ask for next as `after`. */
  through: z.int(),
  /** Nothing follows for now. */
  isAll: z.boolean(),
});

/** Clusters that one question may name. */
export const mostClusters = 500;

/** Seconds that an answer may wait for something to happen. */
export const longestWait = 30;

export type EventDetail = z.infer<typeof detail>;
export type JobEvent = z.infer<typeof jobEvent>;
export type EventsAnswer = z.infer<typeof eventsAnswer>;
