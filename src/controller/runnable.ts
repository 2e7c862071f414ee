import type { Leadership } from '#kube/lease.ts';

/** How a runnable is ended. */
export interface Stop {
  /** Take no more work; what is in work may end. */
  readonly stop: AbortSignal;
  /** What is in work is told to end now. */
  readonly abandon: AbortSignal;
}

/** What keeps a copy of the cluster's objects: an informer. */
export interface Watched {
  readonly resource: string;
  readonly hasSynced: boolean;
  readonly synced: Promise<void>;
  staleness(): number;
  run(signal: AbortSignal): Promise<void>;
}

/**
 * What works only while this process leads: a controller, a poller. Run again in each term.
 *
 * **Gotchas.** Between two terms of this process another leader has acted: whatever is remembered of the earlier one, pool's
 * answers above all, is wrong in the next, and `begin` is where it is forgotten. Copies of the cluster (informers) run on
 * between terms, so their handlers are called while nobody leads. Writes that are under way when a term ends cannot be
 * called back; they name the versions that they were made from.
 */
export interface Runnable {
  readonly name: string;
  /**
   * A term begins: what is remembered of an earlier one is to be forgotten. Called for all, in one go, before any of them
   * runs.
   */
  begin?(): void;
  run(until: Stop): Promise<void>;
}

/** Who may lead: LeaderElection of `#kube/lease.ts`. */
export interface Election {
  acquire(signal: AbortSignal): Promise<Leadership>;
}
