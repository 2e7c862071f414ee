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

/** A stored record that could not be read, unchanged, with its table, its name there, and the reason. */
export interface AsideRow {
  readonly source: 'clusters' | 'jobs' | 'journal';
  /** `CLUSTER`, `CLUSTER.PROC` or the number of a journal record. */
  readonly name: string;
  readonly record: string;
  readonly reason: string;
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
