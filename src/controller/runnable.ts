import type { Leadership } from '#kube/lease.ts';

/** Tells a runnable to end. */
export interface Stop {
  /** Begin no more work, and finish what is in work. */
  readonly stop: AbortSignal;
  /** End what is in work now. */
  readonly abandon: AbortSignal;
}

/** Something that keeps a copy of the cluster's objects: an informer. */
export interface Watched {
  readonly resource: string;
  readonly hasSynced: boolean;
  readonly synced: Promise<void>;
  staleness(): number;
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Something that works only while this process leads: a controller, a poller. It is run again in each term.
 *
 * **Gotchas.** Between two terms of this process, another leader has acted. So whatever is remembered from the earlier term,
 * above all answers of a pool, is wrong in the next; `begin` must forget it. Copies of the cluster (informers) run on between
 * terms, so their handlers are called even while nobody leads. Writes that are under way when a term ends cannot be called
 * back; they name the versions that they are based on.
 */
export interface Runnable {
  readonly name: string;
  /**
   * A term begins: forget what is remembered from an earlier one. It is called for all runnables before any of them runs.
   */
  begin?(): void;
  run(until: Stop): Promise<void>;
}

/** Decides who leads: LeaderElection of `#kube/lease.ts`. */
export interface Election {
  acquire(signal: AbortSignal): Promise<Leadership>;
}
