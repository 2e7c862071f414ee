import { z } from 'zod';
import { adTexts } from './ad-texts.ts';

/** What a bidder (one site) says of one of its groups, for the people who ask the pool. */
export const groupBid = z.object({
  name: z.string().max(63),
  /** The slot ad that a fresh pilot of this group would register. */
  template: adTexts,
  wanted: z.int().min(0),
  /** The newest decision in a sentence. */
  decision: z.string().max(4096),
  /** What keeps its pilots from coming whatever is decided, in a sentence; absent while nothing does. */
  blocked: z.string().max(4096).optional(),
  limits: z.array(z.object({ name: z.string(), value: z.number(), count: z.number() })).max(64),
  /** Pilots by phase. */
  phases: z.record(z.string(), z.int()),
});

/** A pilot that the bidder has started or is about to start: only announced uids may register. */
export const announcedPilot = z.object({
  uid: z.string().max(128),
  name: z.string().max(253),
  group: z.string().max(63),
  /** Whether the bidder has seen it registered: a pool that has just started waits for such pilots. */
  registered: z.boolean(),
});

/** The registration of a bidder: a lease that each bid renews. */
export const bid = z.object({
  groups: z.array(groupBid).max(1000),
  pilots: z.array(announcedPilot).max(20_000),
  /** Attributes of jobs that the site's policies read: jobs that differ in them are told apart. */
  reads: z.array(z.string().max(256)).max(1000).optional(),
  /** Answer at once if the demand's version differs from this, else when it changes or the wait is over. */
  since: z.int().optional(),
  waitSeconds: z.number().min(0).max(60).default(0),
});

/** Waiting jobs that match alike. */
export const autocluster = z.object({
  id: z.int(),
  count: z.int(),
  running: z.int(),
  /** Seconds that the oldest of them waits. */
  oldestSeconds: z.number(),
  /** One job that stands for all. */
  ad: adTexts,
});

/** A registered pilot: what is free on it now. */
export const pilotSupply = z.object({
  uid: z.string(),
  name: z.string(),
  group: z.string(),
  site: z.string(),
  state: z.enum(['Idle', 'Busy', 'Draining']),
  claims: z.int(),
  idleSeconds: z.number(),
  /** Seconds until it accepts no new job. */
  retireIn: z.number(),
  /** The slot ad with what is free now. */
  free: adTexts,
});

export const demandAnswer = z.object({
  version: z.int(),
  /** Seconds since the epoch by the pool's clock: what `time()` means in its jobs' expressions. Older pools do not say. */
  time: z.number().optional(),
  /** False while the pool cannot tell: it restarted and its pilots may still come back. */
  known: z.boolean(),
  /** Why it is not known. */
  reason: z.string().optional(),
  autoclusters: z.array(autocluster),
  pilots: z.array(pilotSupply),
  /** Pilots of this bidder that hold claims but were not announced: prove their death, or bring them back. */
  missing: z.array(z.string()),
});

export type Bid = z.infer<typeof bid>;
export type AnnouncedPilot = z.infer<typeof announcedPilot>;
export type GroupBid = z.infer<typeof groupBid>;
export type Autocluster = z.infer<typeof autocluster>;
export type PilotSupply = z.infer<typeof pilotSupply>;
export type DemandAnswer = z.infer<typeof demandAnswer>;
