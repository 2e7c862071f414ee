import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BareRow, BareThread } from './bare-store-worker.ts';

/**
 * The least that a durable queue on SQLite can be: rows go to a worker thread, and those that come while it commits share the
 * next commit. No schema, no parsing, no matching, no network.
 */
export class BareStore {
  readonly #directory: string;
  readonly #worker: Worker;
  #batch: BareRow[] = [];
  #done = Promise.withResolvers<void>();
  #committing: PromiseWithResolvers<void> | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
    const workerData: BareThread = { file: join(directory, 'bare.db') };
    this.#worker = new Worker(new URL('./bare-store-worker.ts', import.meta.url), { workerData });
    this.#worker.on('message', () => {
      this.#committing?.resolve();
      this.#committing = undefined;
      if (this.#batch.length > 0) this.#send();
    });
  }

  static async start(): Promise<BareStore> {
    return new BareStore(await mkdtemp(join(tmpdir(), 'glidein-bench-bare-')));
  }

  /** Resolves when the row is on the disk. */
  append(row: BareRow): Promise<void> {
    this.#batch.push(row);
    const { promise } = this.#done;
    if (this.#batch.length === 1 && this.#committing === undefined) queueMicrotask(() => this.#send());
    return promise;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #send(): void {
    if (this.#committing !== undefined) return;
    this.#committing = this.#done;
    this.#done = Promise.withResolvers();
    this.#worker.postMessage(this.#batch);
    this.#batch = [];
  }
}

/** @returns rows a second, in transactions of `together` */
export async function bareBulkRate(rows: number, together: number): Promise<number> {
  const store = await BareStore.start();
  const began = performance.now();
  for (let first = 0; first < rows; first += together) {
    const appended = Array.from({ length: together }, (_, index) =>
      store.append({ kind: 'journal', text: JSON.stringify({ args: `--seed ${first + index}` }) }),
    );
    await appended.at(-1);
  }
  const rate = (rows / (performance.now() - began)) * 1000;
  await store.stop();
  return rate;
}

/** @returns rows a second, if each of `clients` waits for its own row before it brings the next */
export async function bareSingleRate(rows: number, clients: number): Promise<number> {
  const store = await BareStore.start();
  const text = 'x'.repeat(2000);
  const began = performance.now();
  let next = 0;
  const lanes = Array.from({ length: clients }, async () => {
    while (next < rows) {
      next += 1;
      await store.append({ kind: 'journal', text });
    }
  });
  await Promise.all(lanes);
  const rate = (rows / (performance.now() - began)) * 1000;
  await store.stop();
  return rate;
}

/**
 * @returns lives a second with as many rows for each as the pool writes: claim, start and end in the journal, the event of the
 * end, and the job in the history; claim and end are waited for
 */
export async function bareLifeRate(lives: number, atOnce: number): Promise<number> {
  const store = await BareStore.start();
  const text = 'x'.repeat(300);
  const began = performance.now();
  let next = 0;
  const lanes = Array.from({ length: atOnce }, async () => {
    while (next < lives) {
      next += 1;
      await store.append({ kind: 'journal', text });
      void store.append({ kind: 'journal', text });
      void store.append({ kind: 'event', text });
      void store.append({ kind: 'history', text: text.repeat(3) });
      await store.append({ kind: 'journal', text });
    }
  });
  await Promise.all(lanes);
  const rate = (lives / (performance.now() - began)) * 1000;
  await store.stop();
  return rate;
}
