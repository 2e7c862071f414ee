import * as z from 'zod';
import { resources } from './claim.ts';
import { jobId } from './jobs.ts';
import { usage } from './outcome.ts';
import { words } from './words.ts';

/** How a payload ended by itself. */
const exit = z.union([z.object({ exitCode: z.int() }), z.object({ signal: z.string().max(32) })]);

const held = z.object({ code: z.int(), subcode: z.int().default(0), reason: words(4096) });

/** In an event of a cluster: which of its procs it concerns, as intervals; absent if all. */
const procs = z.array(z.tuple([z.int(), z.int()])).optional();

/** What has happened to a job, or to many jobs of a cluster. Times are epoch milliseconds. */
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
    /** Bytes of the files and streams that came back. */
    sentBytes: z.number(),
    /** Bytes of the inputs. */
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
  z.object({ kind: z.literal('removed'), reason: words(4096), ran: z.boolean(), procs }),
  z.object({ kind: z.literal('held'), ran: z.boolean(), hold: held, procs }),
  z.object({ kind: z.literal('released'), reason: words(4096), procs }),
  /** An event that only a newer pool knows. */
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
  /** Sequence numbers are valid within one generation: after a restore from a backup, earlier ones mean nothing. */
  generation: z.string(),
  events: z.array(jobEvent),
  /** Pass this as `after` in the next request. */
  through: z.int(),
  /** Whether there are no further events yet. */
  isAll: z.boolean(),
});

/** The most clusters that one request may name. */
export const mostClusters = 500;

/** The most seconds for which a request may wait for an event. */
export const longestWait = 30;

export type EventDetail = z.infer<typeof detail>;
export type JobEvent = z.infer<typeof jobEvent>;
export type EventsAnswer = z.infer<typeof eventsAnswer>;
