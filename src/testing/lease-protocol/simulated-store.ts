import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describeError } from '#base/error.ts';
import { Database } from '#pool/store/database.ts';
import type { StoreRequest, StoreThread } from '#pool/store/store-messages.ts';
import type { SimulatedProcess, SimulatedTime } from './simulated-time.ts';

/**
 * The thread of a store, with the real database on the disk, but in the time of a simulated world. A request reaches the disk some
 * time after it was made, and its answer comes some time after that: whoever kills the process in between finds out what was
 * durable.
 */
export class SimulatedStoreThread extends EventEmitter {
  readonly #time: SimulatedTime;
  readonly #process: SimulatedProcess;
  readonly #random: () => number;
  readonly #database: Database;
  #free = 0;
  /** Whether time passes: a pool that starts is not observed. */
  isTimed = false;

  constructor(time: SimulatedTime, process: SimulatedProcess, random: () => number, { file }: StoreThread) {
    super();
    this.#time = time;
    this.#process = process;
    this.#random = random;
    this.#database = Database.open({ file, synchronous: 'OFF', program: 'glidein 0.0.0' });
  }

  get asWorker(): Worker {
    return this as unknown as Worker;
  }

  postMessage({ id, request }: { readonly id: number; readonly request: StoreRequest }): void {
    if (!this.#process.isAlive) return;
    if (!this.isTimed) {
      const message = this.#answer(id, request);
      queueMicrotask(() => this.emit('message', message));
      return;
    }
    // Mostly quick, and sometimes as slow as a disk that others use too.
    const slow = () => (this.#random() < 0.1 ? 2000 : 20) * this.#random();
    this.#free = Math.max(this.#free, this.#time.now) + slow();
    this.#time.at(
      this.#free,
      () => {
        const message = this.#answer(id, request);
        this.#time.at(this.#time.now + slow() / 10, () => this.emit('message', message), this.#process);
      },
      this.#process,
    );
  }

  terminate(): Promise<number> {
    return Promise.resolve(0);
  }

  /** What a killed process leaves to the kernel. */
  closeFile(): void {
    void this.#database.answer({ op: 'close' });
  }

  #answer(id: number, request: StoreRequest): object {
    try {
      return { id, answer: this.#database.answer(request) };
    } catch (error) {
      return { id, failure: describeError(error) };
    }
  }
}
