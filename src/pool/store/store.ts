import { Worker } from 'node:worker_threads';
import { GlideinError } from '#base/error.ts';
import type {
  ClusterRow,
  HistoryCursor,
  HistoryRow,
  JobRow,
  StoreAnswers,
  StoredState,
  StoreRequest,
  Synchronous,
} from './store-messages.ts';

interface Waiting {
  resolve(answer: never): void;
  reject(error: GlideinError): void;
}

/**
 * The door to the store's thread. Appends that arrive while a commit is under way travel together in the next one
 * (group commit), so that many clients share one sync of the disk.
 */
export class Store {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #nextSeq = 1;
  #batch: { records: string[]; done: PromiseWithResolvers<void> } | undefined;
  #committing = 0;

  constructor(file: string, synchronous: Synchronous) {
    this.#worker = new Worker(workerFile(), { workerData: { file, synchronous }, name: 'store' });
    this.#worker.on('message', (message: { id: number; answer: never; failure?: string }) => {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.failure === undefined) waiting?.resolve(message.answer);
      else
        waiting?.reject(
          new GlideinError('StoreFailed', message.failure, { cure: 'see that its disk has room' }),
        );
    });
    this.#worker.on('error', (cause) => this.#failAll(cause));
    this.#worker.on('exit', () => this.#failAll(undefined));
  }

  /** Reads everything once, at the start. @throws GlideinError StoreFailed */
  async load(): Promise<StoredState> {
    const state = await this.#ask({ op: 'load' });
    this.#nextSeq = (state.journal.at(-1)?.seq ?? 0) + 1;
    return state;
  }

  /**
   * Resolves when `record` is on the disk, in the order of the calls.
   * @throws GlideinError StoreFailed: nobody knows then what is on the disk, so the caller must stop serving.
   */
  append(record: string): { readonly seq: number; readonly durable: Promise<void> } {
    this.#batch ??= { records: [], done: Promise.withResolvers<void>() };
    const { records, done } = this.#batch;
    records.push(record);
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    if (records.length === 1) queueMicrotask(() => this.#commit());
    return { seq, durable: done.promise };
  }

  /**
   * Writes the present state of what has changed and drops the whole journal so far. The rows must hold the effect of
   * every append made until now: those that still wait are sent ahead, so the thread sees both in order.
   */
  async fold(clusters: readonly ClusterRow[], jobs: readonly JobRow[]): Promise<void> {
    this.#send();
    await this.#ask({ op: 'fold', through: this.#nextSeq - 1, clusters, jobs });
  }

  history(before: HistoryCursor | undefined, limit: number): Promise<readonly HistoryRow[]> {
    return this.#ask({ op: 'history', before, limit });
  }

  historyOf(cluster: number, proc?: number): Promise<readonly HistoryRow[]> {
    return this.#ask({ op: 'historyOf', cluster, proc });
  }

  clusterByKey(key: string): Promise<ClusterRow | null> {
    return this.#ask({ op: 'clusterByKey', key });
  }

  async close(): Promise<void> {
    await this.#ask({ op: 'close' });
    await this.#worker.terminate();
  }

  #commit(): void {
    if (this.#committing === 0) this.#send();
  }

  /** Sends the waiting batch to the thread. */
  #send(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#committing += 1;
    const first = this.#nextSeq - batch.records.length;
    this.#ask({ op: 'append', first, records: batch.records }).then(
      () => {
        this.#committing -= 1;
        batch.done.resolve();
        this.#commit();
      },
      // #committing stays: after a failed commit nothing more may become durable.
      (error: unknown) => batch.done.reject(error),
    );
  }

  #ask<Request extends StoreRequest>(request: Request): Promise<StoreAnswers[Request['op']]> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, request });
    });
  }

  #failAll(cause: unknown): void {
    for (const waiting of this.#waiting.values()) {
      waiting.reject(new GlideinError('StoreFailed', 'the thread of the store has ended', { cause }));
    }
    this.#waiting.clear();
  }
}

/** Beside this file as a source; beside the bundle as `store-worker.js`. */
const workerFile = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './store-worker.ts' : './store-worker.js', import.meta.url);
