import type { ClassAd } from '#classad/class-ad.ts';

/** Waiting jobs that match alike. */
export interface Autocluster {
  readonly id: number;
  readonly count: number;
  /** Seconds that the oldest of them waits. */
  readonly oldestSeconds: number;
  /** One job that stands for all. */
  readonly ad: ClassAd;
}

/** A registered pilot with what is free on it now. */
export interface PilotSupply {
  readonly uid: string;
  readonly name: string;
  /** Undefined for a pilot of another site: what is free on it counts, but it is nobody's here. */
  readonly group: string | undefined;
  readonly state: 'Idle' | 'Busy' | 'Draining';
  /** Whether it could take a job; one that is out of contact is nobody's supply, and still counts for every limit. */
  readonly connected: boolean;
  /** The slot ad with what is free. */
  readonly free: ClassAd;
}

/**
 * What waits and what is there. Unknown is a value: it is never taken for nothing.
 *
 * **Gotchas.** An autocluster is of one user, and its ad is that of one of its jobs: they are alike in what slots and
 * policies read, and in nothing else. Several sites may see the same jobs. Pilots of other sites, and such without a
 * connection, are listed as well; only connected ones are supply, and all of a group's own count for its limits.
 */
export type Demand =
  | {
      readonly known: true;
      readonly autoclusters: readonly Autocluster[];
      readonly pilots: readonly PilotSupply[];
      /** Seconds since the epoch by the pool's clock when it said so; undefined where an older pool did not say. */
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
  /** Pilots that are on their way out and in no answer of the pool: no supply, but they count for the limits. */
  readonly leaving: number;
  readonly suspended: boolean;
  readonly limits: { readonly maxPilots: number; readonly maxPending: number; readonly maxIdle: number };
}
