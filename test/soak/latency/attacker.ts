import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { AttacksOptions } from './attacks.ts';

export interface AttackOrder extends AttacksOptions {
  readonly url: string;
  /** The pool's own key. */
  readonly key: Uint8Array;
}

/** Attacks in a thread of their own: what they do must not delay whoever measures. */
export class Attacker {
  readonly #worker: Worker;

  constructor(order: AttackOrder) {
    this.#worker = new Worker(new URL('attacker-thread.ts', import.meta.url), { workerData: order });
  }

  /** Begins the attack of this name. */
  begin(attack: string): void {
    this.#worker.postMessage(attack);
  }

  /** Ends the attack. @returns what was done, by name, once nothing is left of it in the pool */
  async end(): Promise<Readonly<Record<string, number>>> {
    const done = once(this.#worker, 'message');
    this.#worker.postMessage('over');
    const [counts] = (await done) as [Readonly<Record<string, number>>];
    return counts;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
