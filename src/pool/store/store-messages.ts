import type { Role } from '#wire/role.ts';

/** How hard SQLite tries to make a commit durable. OFF exists only for the test which proves that FULL matters. */
export type Synchronous = 'FULL' | 'OFF';

/** The settings of the store's thread. */
export interface StoreThread {
  readonly file: string;
  readonly synchronous: Synchronous;
  /** The file to remove for its space when the disk is full. */
  readonly reserve: string;
}

/** A row of the snapshot: one cluster. `record` is JSON. */
export interface ClusterRow {
  readonly cluster: number;
  readonly key: string;
  readonly owner: string;
  readonly record: string;
  /** Absent in a row to be written: only {@link FreshRow} changes it. */
  readonly fresh?: string | null;
}

/** What consecutive procs of a cluster have of their own; see `ProcPart`. */
export interface DifferencesRow {
  readonly cluster: number;
  readonly first: number;
  readonly count: number;
  readonly kind: 'list' | 'series';
  /** JSON: a list of names. */
  readonly names: string;
  readonly data: Uint8Array;
}

/** Which procs of a cluster nothing has happened to yet, as JSON; null if there are none left. */
export interface FreshRow {
  readonly cluster: number;
  readonly fresh: string | null;
  /** The intervals of those procs: other differences are not needed any more. */
  readonly procs: readonly (readonly [first: number, last: number])[];
}

/** A row of the snapshot or of the history: one job. `ended` is absent while it waits or runs. */
export interface JobRow {
  readonly cluster: number;
  readonly proc: number;
  readonly record: string;
  readonly ended?: number;
  /** Absent if they cannot tell what an expression would read: a search then evaluates the job itself. */
  readonly columns?: HistoryColumns | undefined;
}

/** What searches in the history ask for most. Each is what the attribute evaluates to; null where it is undefined. */
export interface HistoryColumns {
  /** JobStatus. */
  readonly status: number;
  readonly owner: string;
  /** QDate. */
  readonly submitted: number;
  readonly exitCode: number | null;
  readonly exitSignal: number | null;
  /** NumJobStarts. */
  readonly starts: number;
  /** RemoteWallClockTime. */
  readonly wallSeconds: number;
  /** MemoryUsage. */
  readonly memory: number | null;
  /** LastRemoteHost. */
  readonly host: string | null;
  /** The attributes in which the job differs from its cluster: in lower case, separated by blanks. */
  readonly names: string;
}

/** An event for the owner of a job, with the number of the journal record that caused it. */
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

/** Some events in order. `through` is the number up to which the answer is complete. */
export interface EventPage {
  readonly rows: readonly EventRow[];
  readonly through: number;
}

/** Which events are asked for. */
export interface EventQuery {
  readonly after: number;
  /** The newest record: an event beyond it is not durable yet. */
  readonly through: number;
  /** Everybody's if absent. */
  readonly owner: string | undefined;
  /** All if empty. */
  readonly clusters: readonly number[];
}

/** Acts whose records share a part of the space that the audit may take, so that a flood of one kind never removes another. */
export const auditShares = ['admins', 'users', 'denied'] as const;
export type AuditShare = (typeof auditShares)[number];

/** Who did what, as it is stored. */
export interface AuditRow {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly share: AuditShare;
  /** Whose token it was; empty if nobody's. */
  readonly subject: string;
  readonly what: string;
  /** 1 while the act goes on: its record then grows with it. */
  readonly open: 0 | 1;
  /** JSON. */
  readonly record: string;
}

/** Which records of the audit are asked for; each condition that is absent lets all through. */
export interface AuditQuery {
  /** `up`: the oldest first, after `from`. `down`: the newest first, before `from`. */
  readonly order: 'up' | 'down';
  readonly from: number;
  readonly limit: number;
  /** Epoch milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly subject?: string | undefined;
  readonly what?: string | undefined;
  /** Its owner is known without the database while any job of the cluster is in memory. */
  readonly job?:
    | {
        readonly cluster: number;
        readonly proc?: number | undefined;
        readonly owner?: string | undefined;
      }
    | undefined;
  /** From which address. */
  readonly address?: string | undefined;
  /** Only what this one may see: acts of its own, and, if it submits, acts on its jobs. */
  readonly viewer?: AuditViewer | undefined;
}

/** Who asks. Operators of two sites may have the same name, and that of a user, too. */
export interface AuditViewer {
  readonly subject: string;
  readonly role: Role;
  readonly issuer?: string | undefined;
}

/** Some records of the audit. `last` is the number up to which the answer is complete, in the order of the query. */
export interface AuditPage {
  readonly rows: readonly Pick<AuditRow, 'seq' | 'open' | 'record'>[];
  readonly last: number;
  /** Whether there are no further ones. */
  readonly isAll: boolean;
}

/** What of the audit is removed: what is older than a time, and the oldest of each share that takes more than so many bytes. */
export interface StaleAudit {
  readonly before: number;
  readonly bytes: number;
}

/** A stored record that could not be read, unchanged, with its table, its name there, and the reason. */
export interface AsideRow {
  readonly source: 'clusters' | 'jobs' | 'journal';
  /** `CLUSTER`, `CLUSTER.PROC` or the number of a journal record. */
  readonly name: string;
  readonly record: string;
  readonly reason: string;
}

/** What a submitter has used until the moment `at`. Times are epoch milliseconds. */
export interface AccountRow {
  readonly name: string;
  /** Its real priority. */
  readonly priority: number;
  readonly at: number;
  /** Core-milliseconds. */
  readonly used: number;
  readonly began: number | null;
  readonly lastUsed: number | null;
  /** The priority factor that an admin has set. */
  readonly factor: number | null;
}

/** What a starting pool needs to know before it reads the rest. */
export interface StoreHead {
  readonly generation: string;
  /** An older copy of the database was put back: all its jobs are fenced, and it has a new generation. */
  readonly restored: boolean;
  /** The largest cluster number ever given. */
  readonly lastCluster: number;
}

/**
 * A part of what a starting pool reads: first the differences of procs, then the snapshot, then the journal. It comes in parts because a pool must be able
 * to start with the memory with which it ran.
 */
export interface StoredPart {
  readonly differences: readonly DifferencesRow[];
  readonly clusters: readonly ClusterRow[];
  readonly jobs: readonly JobRow[];
  /**
   * Jobs that are in the history although their submission is still in the journal, or their cluster still counts them as fresh:
   * a fold was interrupted.
   */
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
