import * as z from 'zod';
import { adTexts } from './ad-texts.ts';

/** What a bidder (one site) says about one of its groups, for people who ask the pool. */
export const groupBid = z.object({
  name: z.string().max(63),
  /** The slot ad that a fresh pilot of this group would register. */
  template: adTexts,
  wanted: z.int().min(0),
  /** The latest decision, as a sentence. */
  decision: z.string().max(4096),
  /** What prevents new pilots whatever is decided, as a sentence; absent while nothing does. */
  blocked: z.string().max(4096).optional(),
  limits: z.array(z.object({ name: z.string(), value: z.number(), count: z.number() })).max(64),
  /** Pilots by phase. */
  phases: z.record(z.string(), z.int()),
  /** The longest time in seconds for which a pilot that has not registered has been in its phase; absent if there is none, and in older sites' bids. */
  startingSeconds: z.number().min(0).optional(),
  /** The expression of the group's policy on the jobs that count; absent if all do, and in older sites' bids. */
  jobs: z.string().max(4096).optional(),
  /** The policy that decides for it; absent for a group of a fixed size, and in bids of older sites: such a site is one bidder. */
  policy: z.string().max(253).optional(),
  /** How many pilots more it may get now, beside those that are starting. Older bidders do not say. */
  headroom: z.int().min(0).optional(),
  /** Pilots that have been started and are not registered yet. */
  starting: z.int().min(0).optional(),
  /** Groups of higher rank are filled first, those of other bidders included; 0 if absent. */
  rank: z.number().optional(),
});

/** A pilot that the bidder has started or is about to start: only announced uids may register. */
export const announcedPilot = z.object({
  uid: z.string().max(128),
  name: z.string().max(253),
  group: z.string().max(63),
  /** Whether the bidder has seen it registered: a pool that has just restarted waits for such pilots. */
  registered: z.boolean(),
});

/** The most pilots that one announcement may carry; a site with more sends several. */
export const mostAnnounced = 20_000;

/**
 * `POST /v1/bidders/SITE/pilots`: which pilots the bidder has. It is small, idempotent, and separate from the bid, so a pod
 * that comes or goes does not interrupt a poll for demand.
 */
export const announcement = z.object({
  /** The name of this series of announcements. A sender that starts over, such as a new leader, picks a new name. */
  session: z.string().min(1).max(64),
  /** Whether this begins a series: the bidder no longer has any pilot that is not in it. */
  complete: z.boolean(),
  /** Pilots that are new or that have changed. */
  pilots: z.array(announcedPilot).max(mostAnnounced),
  /** Uids of pilots that are gone. */
  ended: z.array(z.string().max(128)).max(mostAnnounced).default([]),
});

/** `taken` is false when the pool does not know this series (it restarted, or another series began): send a complete list. */
export const announcementAnswer = z.object({ taken: z.boolean() });

/** The registration of a site: a lease that each bid renews. Each of its policies is a bidder, and gets a share. */
export const bid = z.object({
  groups: z.array(groupBid).max(1000),
  /** A complete list within the bid itself; older sites send it. */
  pilots: z.array(announcedPilot).max(mostAnnounced).optional(),
  /** Echoed in the answer, so that a late answer to an earlier question is recognised. */
  ask: z.string().max(64).optional(),
  /** The `ask` of the answer that the bidder still has: differences to it are enough. Older bidders do not send it. */
  base: z.string().max(64).optional(),
  /** Job attributes that the site's policies read: jobs that differ in them get different autoclusters. `*` means all. */
  reads: z.array(z.string().max(256)).max(1000).optional(),
  /** Answer at once if the demand's version differs from this; otherwise when it changes or the wait is over. */
  since: z.int().optional(),
  waitSeconds: z.number().min(0).max(60).default(0),
});

/** Waiting jobs that match alike. */
export const autocluster = z.object({
  id: z.int(),
  count: z.int(),
  running: z.int(),
  /** Seconds for which the oldest of them has been waiting. */
  oldestSeconds: z.number(),
  /**
   * By policy of the site, how many of them it is to reckon with: those that free slots and its own starting pilots take, and
   * those for which it is to start pilots. Absent while the site's policy is the only bidder: it reckons with all.
   */
  shares: z.record(z.string(), z.int()).optional(),
  /** The ad of one job; it represents all of them. */
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
  /** Seconds since the epoch by the pool's clock: what `time()` means in its jobs' expressions. Absent in older pools. */
  time: z.number().optional(),
  /** False while the pool cannot tell: it has restarted, and its pilots may still come back. */
  known: z.boolean(),
  /** Why demand is unknown. */
  reason: z.string().optional(),
  /** The bid's own `ask`. */
  ask: z.string().optional(),
  /** The series of announcements that the pool currently holds from this bidder; absent while it holds none. */
  session: z.string().optional(),
  /**
   * The `ask` of the answer to which this one is the difference: what it does not name is as it was, only older. Absent if the
   * answer is whole, as those of older pools are.
   */
  base: z.string().optional(),
  /** Seconds since that answer. */
  sinceBase: z.number().min(0).optional(),
  /** Of that answer, what is no longer there. */
  goneAutoclusters: z.array(z.int()).optional(),
  gonePilots: z.array(z.string()).optional(),
  autoclusters: z.array(autocluster),
  /** Waiting jobs for which quotas and concurrency limits leave no room: more pilots would not help them. Older pools do not say. */
  limited: z.int().min(0).optional(),
  pilots: z.array(pilotSupply),
  /** Pilots of this bidder that hold claims but are neither connected nor announced: the bidder should prove that they are dead. */
  missing: z.array(z.string()),
});

export type Bid = z.infer<typeof bid>;
export type Announcement = z.infer<typeof announcement>;
export type AnnouncedPilot = z.infer<typeof announcedPilot>;
export type GroupBid = z.infer<typeof groupBid>;
export type Autocluster = z.infer<typeof autocluster>;
export type PilotSupply = z.infer<typeof pilotSupply>;
export type DemandAnswer = z.infer<typeof demandAnswer>;
