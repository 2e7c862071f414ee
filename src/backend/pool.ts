import type { ClassAd } from '#classad/class-ad.ts';

/** What a site says to a pool of one of its groups. */
export interface GroupBid {
  readonly name: string;
  /** The slot ad that a fresh pilot would register. */
  readonly template: ClassAd;
  readonly wanted: number;
  readonly decision: string;
  /** What keeps its pilots from coming whatever is decided, in a sentence; undefined while nothing does. */
  readonly blocked?: string | undefined;
  readonly limits: readonly { readonly name: string; readonly value: number; readonly count: number }[];
  /** Pilots by phase. */
  readonly phases: Readonly<Record<string, number>>;
  /** The longest time in seconds for which a pilot that has not registered has been in its phase; undefined if there is none. */
  readonly startingSeconds?: number | undefined;
  /** The constraint of its policy on the jobs that count; undefined if all do. */
  readonly jobs?: string | undefined;
  /** The policy that decides for it; undefined for a group of a fixed size. */
  readonly policy?: string | undefined;
  /** How many pilots more it may get now, beside those that are starting. */
  readonly headroom?: number | undefined;
  /** Pilots that have been started and are not registered yet. */
  readonly starting?: number | undefined;
  /** Groups of higher rank are filled first, those of other sites included. */
  readonly rank?: number | undefined;
}

/** A pilot that the site has started. */
export interface AnnouncedPilot {
  readonly uid: string;
  readonly name: string;
  readonly group: string;
  /** Whether it may have registered: a pool that has just started waits for such pilots. */
  readonly registered: boolean;
}

/** What a site tells a pool of its pilots: only announced ones may register. */
export interface Announcement {
  /** The series that this belongs to. */
  readonly session: string;
  /** Whether it begins the series: whoever is not in it is not the site's. */
  readonly complete: boolean;
  readonly pilots: readonly AnnouncedPilot[];
  /** Uids of pilots that are gone. */
  readonly ended: readonly string[];
}

/** What a site tells a pool when it asks for demand. */
export interface Bid {
  readonly groups: readonly GroupBid[];
  /** Attributes of jobs that the site's policies read; `*` stands for all. Jobs that differ in them are told apart. */
  readonly reads: readonly string[];
  /** Another text for each question; its answer repeats it. */
  readonly ask: string;
  /** The version of the demand that the site has; a newer one is answered at once. */
  readonly since?: number | undefined;
  /** How long the pool may wait for a newer one. */
  readonly waitSeconds: number;
}

/** Waiting jobs that match alike. */
export interface Autocluster {
  readonly id: number;
  readonly count: number;
  readonly oldestSeconds: number;
  /**
   * By policy of this site, how many of them it is to reckon with; undefined if it reckons with all. What other bidders' starting
   * pilots take, and what others are to start pilots for, is left out.
   */
  readonly shares?: Readonly<Record<string, number>> | undefined;
  readonly ad: ClassAd;
}

/** A registered pilot. */
export interface PilotSupply {
  readonly uid: string;
  readonly name: string;
  readonly group: string;
  readonly site: string;
  readonly state: 'Idle' | 'Busy' | 'Draining';
  readonly connected: boolean;
  /** Seconds for which it has had no connection. */
  readonly disconnectedSeconds: number;
  readonly free: ClassAd;
}

/** What a pool tells a site. Unknown is a value: while it is, the lists are to be ignored. */
export interface DemandAnswer {
  readonly version: number;
  readonly known: boolean;
  readonly reason?: string | undefined;
  /** Seconds since the epoch by the pool's clock; absent from pools of older versions. */
  readonly time?: number | undefined;
  /** The question that this answers; absent from pools of older versions. */
  readonly ask?: string | undefined;
  /** The series of announcements that the pool goes by; absent while it has none of this site. */
  readonly session?: string | undefined;
  readonly autoclusters: readonly Autocluster[];
  /** Waiting jobs for which quotas and concurrency limits leave no room; absent from pools that do not count them. */
  readonly limited?: number | undefined;
  readonly pilots: readonly PilotSupply[];
  /** Uids of this site's pilots that hold jobs, are not connected and were not announced: are they dead? */
  readonly missing: readonly string[];
}

/**
 * A pool as a site sees it, whichever kind it is. An object of this port is one way to one pool for one site; several may
 * lead to the same pool. Every method throws GlideinError Unavailable when the pool cannot be reached, Unauthenticated when
 * it does not trust the site's credentials, and the reason of `signal` when that aborts. Every promise is a test in
 * `src/testing/pool-conformance`; a new kind of pool is to pass them all.
 *
 * **Gotchas.**
 * - Unknown is not zero. While `known` is false the lists are as likely empty as not; whoever acts on them removes pilots
 *   that work. A pool that has just started is in that state until its pilots are back.
 * - An answer is true of the moment at which its question was *sent*, and grows old by itself: `fleet/pool-demand.ts`
 *   keeps its age, and nobody else should keep an answer.
 * - A version says that something is new, never how much: compare it for equality alone. A pool that restarts counts from
 *   elsewhere.
 * - A pilot without a connection is still listed, for a whole lease, with what is free on it. Nothing starts there.
 * - A closed connection and a deleted pod prove nothing. `gone` is for processes that are dead for certain: its jobs run
 *   again at once, and if it is not true they run twice.
 * - What the pool rejects of one pilot (`rejection.ts`) says nothing about the others, nor about whether the pool is there.
 */
export interface Pool {
  /**
   * Renews the site's bid and answers the demand: at once if its version is not `bid.since`, else when something changes, or
   * with the same version when `bid.waitSeconds` are over. The answer repeats `bid.ask`, by which a caller tells it from an
   * answer to another question that some proxy repeats.
   */
  demand(bid: Bid, signal?: AbortSignal): Promise<DemandAnswer>;
  /**
   * Says which pilots the site has, all of them or what has changed; saying it twice changes nothing. A site that is silent
   * for the pool's lease (a minute for the embedded pool) has announced nothing.
   * @returns whether the pool has taken it; else it goes by another series and wants a complete announcement
   */
  announce(announcement: Announcement, signal?: AbortSignal): Promise<boolean>;
  /** The pilot's processes are dead for certain: its jobs run again, once, however often it is told. Any uid is taken. */
  gone(uid: string, reason: string, signal?: AbortSignal): Promise<void>;
  /**
   * The pilot is to accept nothing more and to leave when nothing runs on it.
   * @throws GlideinError NotFound for a pilot that is not registered
   */
  drain(uid: string, reason: string, signal?: AbortSignal): Promise<void>;
  /** Lets calls that are under way end, a poll too, and takes no more: they fail as Unavailable. Twice is as good as once. */
  close(): Promise<void>;
}
