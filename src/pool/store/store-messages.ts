import type { AuditPage, AuditQuery, AuditRow, StaleAudit } from './audit-rows.ts';
import type { EventPage, EventQuery, EventRow } from './event-rows.ts';
import type {
  ClusterKeys,
  HistoryCursor,
  HistoryPage,
  HistorySearch,
  HistorySlice,
  Passed,
  PruneAnswer,
  ReferencesAnswer,
  Stale,
} from './history-rows.ts';
import type {
  AccountRow,
  AsideRow,
  ClusterRow,
  DifferencesRow,
  FreshRow,
  JobRow,
  StoredPart,
  StoreHead,
} from './snapshot-rows.ts';

/** How hard SQLite tries to make a commit durable. OFF exists only for the test which proves that FULL matters. */
export type Synchronous = 'FULL' | 'OFF';

/** The settings of the store's thread. */
export interface StoreThread {
  readonly file: string;
  readonly synchronous: Synchronous;
  /** The file to remove for its space when the disk is full. */
  readonly reserve: string;
}

/** What the core asks of the store's thread. */
export type StoreRequest =
  | { readonly op: 'load' }
  | { readonly op: 'part' }
  | {
      readonly op: 'append';
      readonly first: number;
      readonly records: readonly string[];
      /** The events that some of the records cause. */
      readonly events: readonly EventRow[];
      /** Who did that, and what else was done. */
      readonly audit: readonly AuditRow[];
      /** The differences of the procs that the records submit. */
      readonly differences: readonly DifferencesRow[];
      /** The largest cluster number that one of the records assigns; absent if none does. */
      readonly lastCluster: number | undefined;
    }
  | {
      readonly op: 'fold';
      readonly clusters: readonly ClusterRow[];
      readonly jobs: readonly JobRow[];
      readonly fresh: readonly FreshRow[];
    }
  | { readonly op: 'folded'; readonly through: number }
  | {
      readonly op: 'storeAccounts';
      readonly changed: readonly AccountRow[];
      readonly forgotten: readonly string[];
      readonly audit: readonly AuditRow[];
    }
  | { readonly op: 'accounts' }
  | { readonly op: 'setAside'; readonly rows: readonly AsideRow[] }
  | {
      readonly op: 'history';
      readonly before: HistoryCursor | undefined;
      readonly limit: number;
      readonly search: HistorySearch | undefined;
    }
  | {
      readonly op: 'historyOf';
      readonly cluster: number;
      readonly after: number;
      readonly limit: number;
    }
  | { readonly op: 'events'; readonly wish: EventQuery }
  /** @param before a record with this number, or a larger one, is not finished yet */
  | { readonly op: 'audit'; readonly wish: AuditQuery; readonly before: number }
  | { readonly op: 'pruneAudit'; readonly stale: StaleAudit }
  | { readonly op: 'clusterKeys'; readonly after: number }
  | { readonly op: 'clustersByKey'; readonly keys: readonly string[] }
  | { readonly op: 'historyAhead'; readonly before: HistoryCursor | undefined; readonly rows: number }
  | { readonly op: 'pruneHistory'; readonly end: HistoryCursor }
  | { readonly op: 'pruneClusters'; readonly stale: Stale }
  | { readonly op: 'pruneEvents'; readonly stale: Stale }
  | { readonly op: 'shrink' }
  | {
      readonly op: 'references';
      readonly after: ReferencesAnswer['next'];
      readonly removed: HistoryCursor | undefined;
    }
  /** Copies the database to a new file. */
  | { readonly op: 'backup'; readonly path: string }
  | { readonly op: 'close' };

export interface StoreAnswers {
  /** With the numbers of the newest record of the journal, and of the audit. */
  load: StoreHead & { readonly lastSeq: number; readonly lastAudit: number };
  /** null marks the end. */
  part: StoredPart | null;
  append: null;
  fold: null;
  folded: null;
  storeAccounts: null;
  accounts: readonly AccountRow[];
  setAside: null;
  history: HistorySlice;
  historyOf: HistoryPage;
  events: EventPage;
  audit: AuditPage;
  pruneAudit: PruneAnswer;
  clusterKeys: ClusterKeys;
  /** For each key, in the same order. */
  clustersByKey: readonly (ClusterRow | null)[];
  historyAhead: Passed;
  pruneHistory: PruneAnswer;
  pruneClusters: PruneAnswer;
  pruneEvents: PruneAnswer;
  shrink: PruneAnswer;
  references: ReferencesAnswer;
  backup: null;
  close: null;
}

/** Whether a request changes what is stored. If such a request fails, later ones must not become durable without it. */
export const isWrite = (op: StoreRequest['op']): boolean =>
  op === 'append' || op === 'fold' || op === 'folded' || op === 'storeAccounts' || op === 'setAside';

/** Whether a write that finds the disk full is retried until there is room, because later writes depend on it. */
export const waitsForRoom = (op: StoreRequest['op']): boolean => op === 'append' || op === 'setAside';
