/** How hard SQLite tries to make a commit durable. OFF is for the proof that FULL matters, and for nothing else. */
export type Synchronous = 'FULL' | 'OFF';

/** What the store's thread is told at its start. */
export interface StoreThread {
  readonly file: string;
  readonly synchronous: Synchronous;
  /** The file whose space it takes when the disk is full. */
  readonly reserve: string;
}

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

/** What the owner of a job is to hear of, with the number of the journal's record that made it so. */
export interface EventRow {
  readonly seq: number;
  readonly cluster: number;
  /** -1: the whole cluster. */
  readonly proc: number;
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** JSON. */
  readonly detail: string;
}

/** Some events in their order; `through` is the number up to which there are no others of those that were asked for. */
export interface EventPage {
  readonly rows: readonly EventRow[];
  readonly through: number;
}

/** Which events are asked for. */
export interface EventWish {
  readonly after: number;
  /** The newest record: an event beyond it is not durable yet. */
  readonly through: number;
  /** Everybody's if absent. */
  readonly owner: string | undefined;
  /** All if empty. */
  readonly clusters: readonly number[];
}

/** A stored record that could not be read, kept as it is: whence, under which name, and why. */
export interface AsideRow {
  readonly source: 'clusters' | 'jobs' | 'journal';
  /** `CLUSTER`, `CLUSTER.PROC` or the number of a journal's record. */
  readonly name: string;
  readonly record: string;
  readonly reason: string;
}

/** What a starting pool has to know before it reads the rest. */
export interface StoreHead {
  readonly generation: string;
  /** An older copy of the database was put back: all its jobs are fenced, and the generation is new. */
  readonly restored: boolean;
  /** The largest cluster number ever given. */
  readonly lastCluster: number;
}

/**
 * A part of what a starting pool reads. All parts together are the snapshot, then the journal after it; they come one
 * by one, because a pool must start in the memory in which it ran.
 */
export interface StoredPart {
  readonly clusters: readonly ClusterRow[];
  readonly jobs: readonly JobRow[];
  /** Jobs that the history has although the journal still submits them: a fold was cut short. */
  readonly ended: readonly { readonly cluster: number; readonly proc: number }[];
  readonly journal: readonly { readonly seq: number; readonly record: string }[];
}

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
 * Some finished jobs, and their clusters, each once: no more than fits into little memory, whatever jobs and clusters have
 * in their ads. A page without rows: that was all.
 */
export interface HistoryPage {
  readonly rows: readonly HistoryRow[];
  readonly clusters: readonly ClusterRow[];
}

/** What of the history is to go. */
export interface Limits {
  /** Epoch milliseconds. */
  readonly endedBefore: number;
  readonly mostRows: number;
}

/** What one turn of pruning did; `next` is where the next one goes on, null when there is nothing left to do. */
export interface PruneAnswer {
  readonly removed: number;
  readonly next: number | null;
}

export interface ReferencesAnswer {
  readonly digests: readonly string[];
  readonly next: { readonly cluster: number; readonly proc: number } | null;
}

/** What the core asks of the store's thread. */
export type StoreRequest =
  | { readonly op: 'load' }
  | { readonly op: 'part' }
  | {
      readonly op: 'append';
      readonly first: number;
      readonly records: readonly string[];
      /** What some of the records are to tell. */
      readonly events: readonly EventRow[];
      /** The largest cluster number that one of the records gives; absent when none does. */
      readonly lastCluster: number | undefined;
    }
  | {
      readonly op: 'fold';
      readonly clusters: readonly ClusterRow[];
      readonly jobs: readonly JobRow[];
    }
  | { readonly op: 'folded'; readonly through: number }
  | { readonly op: 'setAside'; readonly rows: readonly AsideRow[] }
  | { readonly op: 'history'; readonly before: HistoryCursor | undefined; readonly limit: number }
  | {
      readonly op: 'historyOf';
      readonly cluster: number;
      readonly after: number;
      readonly limit: number;
    }
  | { readonly op: 'events'; readonly wish: EventWish }
  | { readonly op: 'clusterByKey'; readonly key: string }
  | { readonly op: 'pruneHistory'; readonly limits: Limits }
  | { readonly op: 'pruneClusters'; readonly queuedBefore: number; readonly after: number }
  | { readonly op: 'pruneEvents'; readonly toldBefore: number; readonly after: number }
  | { readonly op: 'references'; readonly after: ReferencesAnswer['next'] }
  | { readonly op: 'close' };

export interface StoreAnswers {
  load: StoreHead & { readonly lastSeq: number };
  /** null: that was all. */
  part: StoredPart | null;
  append: null;
  fold: null;
  folded: null;
  setAside: null;
  history: HistoryPage;
  historyOf: HistoryPage;
  events: EventPage;
  clusterByKey: ClusterRow | null;
  pruneHistory: PruneAnswer;
  pruneClusters: PruneAnswer;
  pruneEvents: PruneAnswer;
  references: ReferencesAnswer;
  close: null;
}

/** Whether a request changes what is stored: what was to follow one that failed must not become durable without it. */
export const isWrite = (op: StoreRequest['op']): boolean =>
  op === 'append' || op === 'fold' || op === 'folded' || op === 'setAside';

/** Whether a write that finds no room is tried until there is some: what is to follow it may not be written without it. */
export const waitsForRoom = (op: StoreRequest['op']): boolean => op === 'append' || op === 'setAside';
