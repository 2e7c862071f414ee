import { Worker } from 'node:worker_threads';
import { GlideinError } from '#base/error.ts';
import type { AuditPage, AuditQuery, AuditRow, StaleAudit } from './audit-rows.ts';
import type { EventPage, EventQuery, EventRow } from './event-rows.ts';
import { Gathered } from './gathered.ts';
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
  StoredPart,
  StoreHead,
} from './snapshot-rows.ts';
import {
  isWrite,
  type StoreAnswers,
  type StoreRequest,
  type StoreThread,
  type Synchronous,
  waitsForRoom,
} from './store-messages.ts';

interface Answered {
  readonly id: number;
  readonly answer: never;
  readonly failure?: string;
  /** The failure is that the disk is full. */
  readonly full?: boolean;
  /** The write found the disk full and is being retried; its answer is still to come. */
  readonly waits?: boolean;
}

interface Waiting {
  readonly op: StoreRequest['op'];
  resolve(answer: never): void;
  reject(error: GlideinError): void;
}

/** The text of a record, or what gives it when the record is sent to the thread. */
type Record = string | (() => string);

/** An act for the audit. What it says of itself is read when it is written, so it may grow until then; while it is open, it may be written again. */
export interface Audited {
  row(): Omit<AuditRow, 'seq'>;
}

/** What becomes durable together with a record. */
interface AppendedWith {
  readonly act?: Audited | undefined;
  readonly cluster?: number;
  readonly event?: Omit<EventRow, 'seq'>;
  readonly differences?: readonly DifferencesRow[];
}

/** Acts with their numbers. */
type Acts = Map<Audited, number>;

/** What is sent to the thread together. */
interface Batch {
  readonly records: Record[];
  readonly events: EventRow[];
  readonly differences: DifferencesRow[];
  readonly acts: Acts;
  lastCluster: number | undefined;
  readonly done: PromiseWithResolvers<void>;
}

interface StoreEvents {
  /** Called once, if the thread ends or a write fails: from then on nobody knows what is on the disk. */
  readonly onBroken?: (error: GlideinError) => void;
  /** Called when an append has to wait for room on the disk, and again when it has been written. */
  readonly onFull?: (full: boolean) => void;
  /** Called after each commit with its duration in milliseconds and the records that shared it. */
  readonly onCommit?: (milliseconds: number, records: number) => void;
  /** Called when further acts can be read in the audit. */
  readonly onAudit?: () => void;
}

/**
 * The client of the store's thread. Appends that arrive during a commit go together into the next one (group commit), so
 * many clients share one sync of the disk.
 *
 * **Gotchas.** After a failed write nobody knows what is on the disk, so it is not retried: `onBroken` ends the process, and
 * nothing that waits for the write is acknowledged. A full disk is not such a failure: the write waits, and so does its
 * answer. Until then memory is ahead of the disk, so whatever leaves the process must wait for the commit.
 */
export class Store {
  readonly file: string;
  readonly #worker: Worker;
  readonly #events: StoreEvents;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #nextSeq = 1;
  #batch: Batch | undefined;
  readonly #keys = new Gathered((keys: readonly string[]) => this.#ask({ op: 'clustersByKey', keys }));
  #nextAudit = 1;
  /** The acts that are not finished on the disk, the first one first. */
  readonly #acts = new Map<Audited, number>();
  #committing = 0;
  #failure: GlideinError | undefined;
  #isFull = false;
  #closing = false;
  #searching: Promise<unknown> = Promise.resolve();

  /** @param thread starts the thread; whoever simulates time decides when its answers come */
  constructor(
    file: string,
    synchronous: Synchronous,
    events: StoreEvents = {},
    thread: (data: StoreThread) => Worker = startThread,
  ) {
    this.file = file;
    this.#events = events;
    this.#worker = thread({ file, synchronous, reserve: reserveOf(file) });
    this.#worker.on('message', (message: Answered) => this.#take(message));
    this.#worker.on('error', (cause) => this.#fail(threadEnded(cause)));
    this.#worker.on('exit', () => this.#fail(threadEnded(undefined)));
  }

  /** Opens the database. @throws GlideinError StoreFailed */
  async load(): Promise<StoreHead> {
    const { lastSeq, lastAudit, ...head } = await this.#ask({ op: 'load' }).catch(async (error: unknown) => {
      this.#closing = true;
      await this.#worker.terminate();
      throw error;
    });
    this.#nextSeq = lastSeq + 1;
    this.#nextAudit = lastAudit + 1;
    return head;
  }

  /** Everything that is stored, part by part. Read it once, after {@link load} and before anything is appended. */
  async *stored(): AsyncGenerator<StoredPart, void> {
    for (;;) {
      const part = await this.#ask({ op: 'part' });
      if (part === null) return;
      yield part;
    }
  }

  /** The number of the newest record. */
  get lastSeq(): number {
    return this.#nextSeq - 1;
  }

  /**
   * Resolves when `record` is on the disk, in the order of the calls. A record that is given as a function may grow until that is
   * called, at the end of this turn or later.
   * @param cluster the number of the cluster that the record creates; it is never assigned again
   * @param event an event for the owner of the job; it becomes durable together with the record
   * @param differences what the procs that the record submits have of their own; the bytes move to the store's thread
   * @param act what somebody did, of which this record is all or a part
   * @throws GlideinError StoreFailed: nobody knows what is on the disk, so the caller must stop serving
   */
  append(
    record: Record,
    { cluster, event, differences = [], act }: AppendedWith = {},
  ): { readonly seq: number; readonly durable: Promise<void> } {
    const batch = this.#gather();
    for (const row of differences) batch.differences.push(row);
    batch.records.push(record);
    batch.lastCluster = cluster ?? batch.lastCluster;
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    if (event !== undefined) batch.events.push({ ...event, seq });
    if (act !== undefined) batch.acts.set(act, this.#number(act));
    return { seq, durable: batch.done.promise };
  }

  /** Resolves when an act that leaves no record of its own is on the disk, or what has become of an open one. */
  audit(act: Audited): Promise<void> {
    const batch = this.#gather();
    batch.acts.set(act, this.#number(act));
    return batch.done.promise;
  }

  /** What is sent next. */
  #gather(): Batch {
    if (this.#batch === undefined) {
      this.#batch = {
        records: [],
        events: [],
        differences: [],
        acts: new Map(),
        lastCluster: undefined,
        done: Promise.withResolvers<void>(),
      };
      queueMicrotask(() => this.#commit());
    }
    return this.#batch;
  }

  /** The number of an act, which it keeps until it is finished. */
  #number(act: Audited): number {
    const known = this.#acts.get(act);
    if (known !== undefined) return known;
    const seq = this.#nextAudit;
    this.#nextAudit += 1;
    this.#acts.set(act, seq);
    return seq;
  }

  /** From now on whoever may see these acts does, unless one before them still goes on. */
  #told(acts: Acts, rows: readonly AuditRow[]): void {
    if (rows.length === 0) return;
    const open = new Set(rows.flatMap((row) => (row.open === 1 ? [row.seq] : [])));
    for (const [act, seq] of acts) if (!open.has(seq)) this.#acts.delete(act);
    this.#events.onAudit?.();
  }

  /**
   * Writes the current state of some jobs and clusters that have changed. The rows may include every append made so far, so
   * appends that still wait are sent first.
   */
  async fold({
    clusters = [],
    jobs = [],
    fresh = [],
  }: Partial<Omit<Extract<StoreRequest, { op: 'fold' }>, 'op'>>): Promise<void> {
    this.#send();
    await this.#ask({ op: 'fold', clusters, jobs, fresh });
  }

  /** Deletes the journal through this record: folded rows include all of it. */
  async folded(through: number): Promise<void> {
    await this.#ask({ op: 'folded', through });
  }

  /** What each submitter had used when that was last stored. */
  accounts(): Promise<readonly AccountRow[]> {
    return this.#ask({ op: 'accounts' });
  }

  /**
   * Stores accounts that have changed, and forgets others.
   * @param acts who wanted that
   * @throws GlideinError NoSpace if the disk is full: repeat it later
   */
  async storeAccounts(
    changed: readonly AccountRow[],
    forgotten: readonly string[],
    acts: readonly Audited[] = [],
  ): Promise<void> {
    const numbered: Acts = new Map(acts.map((act) => [act, this.#number(act)]));
    const audit = rowsOf(numbered);
    await this.#ask({ op: 'storeAccounts', changed, forgotten, audit });
    this.#told(numbered, audit);
  }

  /** Keeps unreadable records as they are; this happens before any later write. */
  async setAside(rows: readonly AsideRow[]): Promise<void> {
    await this.#ask({ op: 'setAside', rows });
  }

  /**
   * Some ended jobs after `before`, newest first. One slice is read at a time: an append waits for one, however many people
   * search.
   * @param limit the most rows
   */
  history(before: HistoryCursor | undefined, limit: number, search?: HistorySearch): Promise<HistorySlice> {
    const slice = this.#searching.then(() => this.#ask({ op: 'history', before, limit, search }));
    this.#searching = slice.catch(() => undefined);
    return slice;
  }

  /** A page of the ended jobs of one cluster after proc `after`, by proc. Start with -1. */
  historyOf(cluster: number, after: number, limit: number): Promise<HistoryPage> {
    return this.#ask({ op: 'historyOf', cluster, after, limit });
  }

  /** The cluster that was submitted with this key, if the database knows it. */
  clusterByKey(key: string): Promise<ClusterRow | null> {
    return this.#keys.answer(key);
  }

  /** A page of the keys of all clusters in the database, in the order of their numbers; start after 0. */
  clusterKeys(after: number): Promise<ClusterKeys> {
    return this.#ask({ op: 'clusterKeys', after });
  }

  /** Passes over so many ended jobs after `before`, newest first. */
  historyAhead(before: HistoryCursor | undefined, rows: number): Promise<Passed> {
    return this.#ask({ op: 'historyAhead', before, rows });
  }

  /** One turn of removing history; see `prune.ts`. */
  pruneHistory(end: HistoryCursor): Promise<PruneAnswer> {
    return this.#ask({ op: 'pruneHistory', end });
  }

  /** One turn of removing clusters that have no jobs any more. */
  pruneClusters(stale: Stale): Promise<PruneAnswer> {
    return this.#ask({ op: 'pruneClusters', stale });
  }

  /** One turn of returning unused space to the volume. */
  shrink(): Promise<PruneAnswer> {
    return this.#ask({ op: 'shrink' });
  }

  /** A page of events for owners of jobs. */
  events(wish: EventQuery): Promise<EventPage> {
    return this.#ask({ op: 'events', wish });
  }

  /** A page of the audit: acts that are finished, or that a killed process left behind. */
  auditPage(wish: AuditQuery): Promise<AuditPage> {
    const [first = Number.MAX_SAFE_INTEGER] = this.#acts.values();
    return this.#ask({ op: 'audit', wish, before: first });
  }

  /** One turn of removing old records of the audit. */
  pruneAudit(stale: StaleAudit): Promise<PruneAnswer> {
    return this.#ask({ op: 'pruneAudit', stale });
  }

  /** One turn of removing events whose clusters are gone. */
  pruneEvents(stale: Stale): Promise<PruneAnswer> {
    return this.#ask({ op: 'pruneEvents', stale });
  }

  /** One turn of listing the files that ended jobs refer to. */
  references(after: ReferencesAnswer['next'], removed?: HistoryCursor): Promise<ReferencesAnswer> {
    return this.#ask({ op: 'references', after, removed });
  }

  /** Copies the database to a new file, while it is being used. */
  async backup(path: string): Promise<void> {
    await this.#ask({ op: 'backup', path });
  }

  /** Ends the thread after committing what was appended. A store that has failed just ends. */
  async close(): Promise<void> {
    this.#send();
    const closed = this.#ask({ op: 'close' });
    this.#closing = true;
    await closed.catch(() => undefined);
    await this.#worker.terminate();
  }

  #commit(): void {
    if (this.#committing === 0 || this.#failure !== undefined) this.#send();
  }

  /** Sends the waiting batch to the thread. */
  #send(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#committing += 1;
    const first = this.#nextSeq - batch.records.length;
    const began = performance.now();
    const { events, differences, acts, lastCluster } = batch;
    const audit = rowsOf(acts);
    const records = batch.records.map((record) => (typeof record === 'function' ? record() : record));
    const moved = differences.map(({ data }) => data.buffer as ArrayBuffer);
    this.#ask({ op: 'append', first, records, events, audit, differences, lastCluster }, moved).then(
      () => {
        this.#committing -= 1;
        this.#events.onCommit?.(performance.now() - began, records.length);
        this.#told(acts, audit);
        batch.done.resolve();
        this.#commit();
      },
      (error: unknown) => {
        batch.done.reject(error);
        // The appends that waited for this commit fail too.
        this.#send();
      },
    );
  }

  #ask<Request extends StoreRequest>(
    request: Request,
    moved: readonly ArrayBuffer[] = [],
  ): Promise<StoreAnswers[Request['op']]> {
    if (this.#closing) return Promise.reject(new GlideinError('Unavailable', 'the pool ends'));
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { op: request.op, resolve, reject });
      this.#worker.postMessage({ id, request }, moved);
    });
  }

  #take(message: Answered): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting !== undefined && waitsForRoom(waiting.op)) this.#seeRoom(message.waits === true);
    if (waiting === undefined || message.waits === true) return;
    this.#waiting.delete(message.id);
    const { answer, failure, full } = message;
    if (failure === undefined) {
      waiting.resolve(answer);
      return;
    }
    const error = full === true ? noRoom(failure) : storeFailed(waiting.op, failure);
    waiting.reject(error);
    if (isWrite(waiting.op) && full !== true) this.#fail(error);
  }

  #seeRoom(isFull: boolean): void {
    if (this.#isFull === isFull) return;
    this.#isFull = isFull;
    this.#events.onFull?.(isFull);
  }

  #fail(error: GlideinError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    if (!this.#closing) this.#events.onBroken?.(error);
  }
}

/** What acts say of themselves now. */
const rowsOf = (acts: Acts): AuditRow[] => Array.from(acts, ([act, seq]) => ({ seq, ...act.row() }));

const noRoom = (failure: string): GlideinError =>
  new GlideinError('NoSpace', 'the volume of the pool has no room for its database', {
    cause: new Error(failure),
    cure: 'give the volume more room',
  });

/** At the start SQLite's message goes to whoever starts the pool; later it goes to the log, not to users. */
const storeFailed = (op: StoreRequest['op'], failure: string): GlideinError =>
  op === 'load' || op === 'part'
    ? new GlideinError('StoreFailed', failure)
    : new GlideinError('StoreFailed', 'the database of the pool failed', {
        cause: new Error(failure),
        cure: "check that its disk has room; the pool's log has the reason",
      });

const threadEnded = (cause: unknown): GlideinError =>
  new GlideinError('StoreFailed', 'the thread of the store has ended', { cause });

/** The reserve of a database is a file beside it. */
export const reserveOf = (file: string): string => `${file}.reserve`;

const startThread = (workerData: StoreThread): Worker =>
  new Worker(workerFile(), { workerData, name: 'store' });

/** The worker lies beside this source, or beside the bundle as `store-worker.js`. */
const workerFile = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './store-worker.ts' : './store-worker.js', import.meta.url);
