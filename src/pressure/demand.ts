import type { ClassAd } from '#classad/class-ad.ts';

/** Waiting jobs that match alike. */
export interface Autocluster {
  readonly id: number;
  readonly count: number;
  /** Seconds that the oldest of them has been waiting. */
  readonly oldestSeconds: number;
  /** The ad of one job, which represents all. */
  readonly ad: ClassAd;
}

/** A registered pilot with what is free on it now. */
export interface PilotSupply {
  readonly uid: string;
  readonly name: string;
  /** Undefined for a pilot of another site: what is free on it counts, but it belongs to no group here. */
  readonly group: string | undefined;
  readonly state: 'Idle' | 'Busy' | 'Draining';
  /** Whether it could take a job. A pilot that is out of contact is not supply, but counts towards every limit. */
  readonly connected: boolean;
  /** The slot ad with what is free. */
  readonly free: ClassAd;
}

/**
 * What waits, and what is there. Unknown is a value of its own, and is never treated as zero.
 *
 * **Gotchas.** An autocluster belongs to one user, and its ad is that of one of its jobs: they are alike only in what slots
 * and policies read. Several sites may see the same jobs. Pilots of other sites, and pilots without a connection, are listed
 * as well: only connected pilots are supply, but all pilots of a group count towards its limits.
 */
export type Demand =
  | {
      readonly known: true;
      readonly autoclusters: readonly Autocluster[];
      readonly pilots: readonly PilotSupply[];
      /** Waiting jobs for which quotas and concurrency limits leave no room; undefined: the pool does not say. */
      readonly limited?: number | undefined;
      /** Seconds since the epoch by the pool's clock when it answered. Undefined: an older pool does not say. */
      readonly time?: number | undefined;
    }
  | { readonly known: false; readonly reason: string; readonly forSeconds: number };

/** A group that could get pilots. */
export interface GroupSupply {
  readonly name: string;
  /** The slot ad that a fresh pilot would register. */
  readonly template: ClassAd;
  /** Pilots that were started and have not registered yet. */
  readonly starting: number;
  /** Pilots that are leaving and that the pool no longer lists: not supply, but they count towards the limits. */
  readonly leaving: number;
  readonly suspended: boolean;
  /** How many images of waiting jobs a fresh pilot prepares; none if absent. */
  readonly prepares?: number;
  readonly limits: { readonly maxPilots: number; readonly maxPending: number; readonly maxIdle: number };
}
