import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { AttacksOptions } from './attacks.ts';

export interface AttackOrder extends AttacksOptions {
  readonly url: string;
  /** The pool's own key. */
  readonly key: Uint8Array;
  /** Its name. */
  readonly attack: string;
}

/** An attack that goes on in a thread of its own: what it does must not delay whoever measures. */
export class Attacker {
  readonly #worker: Worker;

  private constructor(order: AttackOrder) {
    this.#worker = new Worker(new URL('attacker-thread.ts', import.meta.url), { workerData: order });
  }

  static async start(order: AttackOrder): Promise<Attacker> {
    const attacker = new Attacker(order);
    await once(attacker.#worker, 'online');
    return attacker;
  }

  /** Ends the attack. @returns what was done, by name, once nothing is left of it in the pool */
  async end(): Promise<Readonly<Record<string, number>>> {
    const done = once(this.#worker, 'message');
    this.#worker.postMessage('over');
    const [counts] = (await done) as [Readonly<Record<string, number>>];
    await this.#worker.terminate();
    return counts;
  }
}
