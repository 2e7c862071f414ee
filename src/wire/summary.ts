import * as z from 'zod';

/** The most groups and submitters that a summary lists. */
export const mostListed = 200;

/** Pilots by what they do: `Away` have no connection. */
const pilotCounts = z.object({ Idle: z.int(), Busy: z.int(), Draining: z.int(), Away: z.int() });

/** Cores of registered pilots: all of them, and those that claims take. */
const coreCounts = z.object({ total: z.number(), used: z.number() });

/** `GET /v1/summary`: what a pool does, in one answer that costs it little. */
export const summaryAnswer = z.object({
  /** Epoch milliseconds. */
  time: z.number(),
  /** Seconds for which this process has served. */
  servingSeconds: z.number(),
  /** Jobs in memory by state; ended ones leave it within seconds. */
  jobs: z.record(z.string(), z.int()),
  pilots: pilotCounts,
  cores: coreCounts,
  /** Cores that a job could get at once: neither used, nor of pilots that drain or are away. */
  freeCores: z.number(),
  /** Claims that pilots hold. */
  claims: z.int(),
  /** Since this process began: rates are differences of two answers. */
  counts: z.object({
    /** Jobs given to pilots. */
    starts: z.number(),
    /** Executions by how they ended, and removed jobs. */
    ends: z.record(z.string(), z.number()),
    /** First claims of jobs, and how long these jobs waited for them altogether. */
    firstStarts: z.number(),
    waitedSeconds: z.number(),
    /** Passes of the negotiator, and how long they took altogether. */
    passes: z.number(),
    passSeconds: z.number(),
  }),
  groups: z.array(
    z.object({
      name: z.string(),
      site: z.string(),
      wanted: z.int(),
      heardSecondsAgo: z.number(),
      /** What keeps it from growing; absent while nothing does. */
      blocked: z.string().optional(),
      pilots: pilotCounts,
      cores: coreCounts,
    }),
  ),
  submitters: z.array(
    z.object({
      name: z.string(),
      idle: z.int(),
      running: z.int(),
      /** In use. */
      cores: z.number(),
      /** Effective priority: the lower, the earlier. */
      priority: z.number(),
    }),
  ),
  /** How many groups and submitters there are besides those that are listed. */
  more: z.object({ groups: z.int(), submitters: z.int() }),
  /** Sites that have stopped asking for demand. */
  silentSites: z.array(z.object({ site: z.string(), silentSeconds: z.number() })),
  volume: z.object({ state: z.string(), message: z.string() }),
});

export type SummaryAnswer = z.infer<typeof summaryAnswer>;
export type PilotCounts = z.infer<typeof pilotCounts>;
