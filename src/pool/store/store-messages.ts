/** How hard SQLite tries to make a commit durable. OFF is for the proof that FULL matters, and for nothing else. */
export type Synchronous = 'FULL' | 'OFF';

/** A row of the snapshot: one cluster. `record` is JSON. */
export interface ClusterRow {
  readonly cluster: number;
  readonly key: string;
  readonly owner: string;
  readonly record: string;
}

/** A row of the snapshot or of the history: one job. `ended` is absent while it waits or runs. */
export interface JobRow {
  readonly cluster: number;
  readonly proc: number;
  readonly record: string;
  readonly ended?: number;
}

/** Everything that a starting pool reads: the snapshot, then the journal after it. */
export interface StoredState {
  readonly generation: string;
  readonly clusters: readonly ClusterRow[];
  readonly jobs: readonly JobRow[];
  readonly journal: readonly { readonly seq: number; readonly record: string }[];
  /** The largest cluster number ever given. */
  readonly lastCluster: number;
}

/** What a page of history starts after: newest first. */
export interface HistoryCursor {
  readonly ended: number;
  readonly cluster: number;
  readonly proc: number;
}

/** A finished job with its cluster's record. */
export interface HistoryRow extends HistoryCursor {
  readonly record: string;
  readonly clusterRecord: string;
}

/** What the core asks of the store's thread. */
export type StoreRequest =
  | { readonly op: 'load' }
  | { readonly op: 'append'; readonly first: number; readonly records: readonly string[] }
  | {
      readonly op: 'fold';
      readonly through: number;
      readonly clusters: readonly ClusterRow[];
      readonly jobs: readonly JobRow[];
    }
  | { readonly op: 'history'; readonly before: HistoryCursor | undefined; readonly limit: number }
  | { readonly op: 'historyOf'; readonly cluster: number; readonly proc: number | undefined }
  | { readonly op: 'clusterByKey'; readonly key: string }
  | { readonly op: 'close' };

export interface StoreAnswers {
  load: StoredState;
  append: null;
  fold: null;
  history: readonly HistoryRow[];
  historyOf: readonly HistoryRow[];
  clusterByKey: ClusterRow | null;
  close: null;
}
