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
  readonly pilots: readonly PilotSupply[];
  /** Uids of this site's pilots that hold jobs, are not connected and were not announced: are they dead? */
  readonly missing: readonly string[];
}

/** A pool as a site sees it, whichever kind it is. Every method throws GlideinError Unavailable when it is away. */
export interface Pool {
  /** Renews the site’s bid and answers the demand, at once or when it changes. */
  demand(bid: Bid, signal?: AbortSignal): Promise<DemandAnswer>;
  /** @returns whether the pool has taken it; else it wants a complete announcement */
  announce(announcement: Announcement, signal?: AbortSignal): Promise<boolean>;
  /** The pilot's processes are dead for certain: its jobs may run again. */
  gone(uid: string, reason: string, signal?: AbortSignal): Promise<void>;
  /** The pilot is to accept nothing more and to leave when nothing runs on it. */
  drain(uid: string, reason: string): Promise<void>;
  close(): Promise<void>;
}
