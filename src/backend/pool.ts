import type { ClassAd } from '#classad/class-ad.ts';

/** A group as its site offers it to a pool. */
export interface OfferedGroup {
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
export interface OfferedPilot {
  readonly uid: string;
  readonly name: string;
  readonly group: string;
  /** Whether this site has seen it registered. */
  readonly registered: boolean;
}

/** What a site tells a pool when it asks for demand. */
export interface Offer {
  readonly groups: readonly OfferedGroup[];
  readonly pilots: readonly OfferedPilot[];
  /** The version of the demand that the site has; a newer one is answered at once. */
  readonly since?: number | undefined;
  /** How long the pool may wait for a newer one. */
  readonly waitSeconds: number;
}

/** Waiting jobs that match alike. */
export interface PoolAutocluster {
  readonly id: number;
  readonly count: number;
  readonly oldestSeconds: number;
  readonly ad: ClassAd;
}

/** A registered pilot. */
export interface PoolPilot {
  readonly uid: string;
  readonly name: string;
  readonly group: string;
  readonly site: string;
  readonly state: 'Idle' | 'Busy' | 'Draining';
  readonly free: ClassAd;
}

/** What a pool tells a site. Unknown is a value: while it is, the lists are to be ignored. */
export interface PoolDemand {
  readonly version: number;
  readonly known: boolean;
  readonly reason?: string | undefined;
  readonly waiting: readonly PoolAutocluster[];
  readonly pilots: readonly PoolPilot[];
  /** Uids that hold jobs of which this site said nothing: it must prove their death or bring them back. */
  readonly missing: readonly string[];
}

/** A pool as a site sees it, whichever kind it is. Every method throws GlideinError Unavailable when it is away. */
export interface Pool {
  /** Renews the site's offer and answers the demand, at once or when it changes. */
  demand(offer: Offer, signal?: AbortSignal): Promise<PoolDemand>;
  /** The pilot's processes are dead for certain: its jobs may run again. */
  gone(uid: string, reason: string): Promise<void>;
  /** The pilot is to accept nothing more and to leave when nothing runs on it. */
  drain(uid: string, reason: string): Promise<void>;
  close(): Promise<void>;
}
