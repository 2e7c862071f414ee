import * as z from 'zod';
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

/** Pilots that one announcement carries at most; more of them need more announcements. */
export const mostAnnounced = 20_000;

/**
 * `POST /v1/bidders/SITE/pilots`: which pilots the bidder has. Small and idempotent, apart from the bid, so that no pod
 * that comes or goes has to disturb a poll for demand.
 */
export const announcement = z.object({
  /** Names the series of announcements: whoever begins anew, such as a new leader, takes another name. */
  session: z.string().min(1).max(64),
  /** Whether this begins a series: pilots that were announced before and are not in it are not the bidder's. */
  complete: z.boolean(),
  /** New ones, and those of which something else is said than before. */
  pilots: z.array(announcedPilot).max(mostAnnounced),
  /** Uids of pilots that are gone. */
  ended: z.array(z.string().max(128)).max(mostAnnounced).default([]),
});

/** False: the pool knows nothing of this series (it restarted, or another one began); it wants a complete list. */
export const announcementAnswer = z.object({ taken: z.boolean() });

/** The registration of a bidder: a lease that each bid renews. */
export const bid = z.object({
  groups: z.array(groupBid).max(1000),
  /** A complete list with the bid itself, as older sites send it. */
  pilots: z.array(announcedPilot).max(mostAnnounced).optional(),
  /** Echoed by the answer, so that an answer to an earlier question is not taken for one to this. */
  ask: z.string().max(64).optional(),
  /** Attributes of jobs that the site's policies read: jobs that differ in them are told apart. `*` stands for all. */
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
  /** A pilot without a connection keeps its claims until its lease ends, and accepts nothing. */
  connected: z.boolean().default(true),
  /** Seconds for which it has had no connection; 0 while it has one. */
  disconnectedSeconds: z.number().default(0),
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
  /** The bid's own `ask`. */
  ask: z.string().optional(),
  /** The series of announcements that the pool goes by; absent while it has none of this bidder. */
  session: z.string().optional(),
  autoclusters: z.array(autocluster),
  pilots: z.array(pilotSupply),
  /** Pilots of this bidder that hold claims and are neither connected nor announced: prove that they are dead. */
  missing: z.array(z.string()),
});

export type Bid = z.infer<typeof bid>;
export type Announcement = z.infer<typeof announcement>;
export type AnnouncedPilot = z.infer<typeof announcedPilot>;
export type GroupBid = z.infer<typeof groupBid>;
export type Autocluster = z.infer<typeof autocluster>;
export type PilotSupply = z.infer<typeof pilotSupply>;
export type DemandAnswer = z.infer<typeof demandAnswer>;
