import type { ClusterRow } from './snapshot-rows.ts';

/** What a page of history starts after: newest first. */
export interface HistoryCursor {
  readonly ended: number;
  readonly cluster: number;
  readonly proc: number;
}

/** A finished job. */
export interface HistoryRow extends HistoryCursor {
  readonly record: string;
}

/**
 * Some finished jobs, and each of their clusters once. A page takes little memory, however large the ads are. A page without
 * rows marks the end.
 */
export interface HistoryPage {
  readonly rows: readonly HistoryRow[];
  readonly clusters: readonly ClusterRow[];
}

/** Which ended jobs to look for. What is found still has to be evaluated. */
export interface HistorySearch {
  /** A ClassAd expression. */
  readonly constraint: string;
  /** Attributes that change during a job's life, in lower case: no cluster knows their values. */
  readonly changing: readonly string[];
  /** How much an evaluation may read. */
  readonly steps: number;
}

/** Some ended jobs, newest first; perhaps none, although there are more. */
export interface HistorySlice extends HistoryPage {
  /** After what the next slice begins; null at the end. */
  readonly next: HistoryCursor | null;
}

/** What nobody needs any more, if no job of its cluster is left: it is older than a time, or than that many newer ones. */
export interface Stale {
  /** Epoch milliseconds. */
  readonly before: number;
  /** The number of a cluster or an event: up to it all are stale, whatever their age. */
  readonly through: number;
  /** Where the turn before ended. */
  readonly after: number;
}

/** Jobs of the history that were passed over. */
export interface Passed {
  /** null if that was the end of the history. */
  readonly last: HistoryCursor | null;
  readonly rows: number;
}

/** What one turn of pruning did. `next` is where the next turn continues; null if nothing is left to do. */
export interface PruneAnswer {
  readonly removed: number;
  readonly next: number | null;
}

export interface ReferencesAnswer {
  /** The files of each job, with its owner; that of a record set aside is unknown, and empty. */
  readonly named: readonly { readonly owner: string; readonly digests: readonly string[] }[];
  readonly next: { readonly cluster: number; readonly proc: number } | null;
}

/** Keys of clusters. `next` is where the next page begins; null after the last one. */
export interface ClusterKeys {
  readonly keys: readonly string[];
  readonly next: number | null;
}
