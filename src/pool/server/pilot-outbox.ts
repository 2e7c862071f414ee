import type { ClaimRef } from '#wire/claim.ts';
import type { PoolMessage } from '#wire/pool-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';

/** What one connection of a pilot is told, in its order: the welcome first, and the rest once what it says is durable. */
export class PilotOutbox {
  readonly #write: (message: string) => void;
  #welcomed = false;
  /** Messages that wait until what they say is durable, and the welcome sent; undefined once that is so. */
  #queued: string[] | undefined = [];

  constructor(write: (message: string) => void) {
    this.#write = write;
  }

  /**
   * Sends the welcome. One that drops claims waits until everything is durable: a claim may be dropped because of an end that is
   * not on the disk yet, and until then the pilot must keep it. Any other says nothing that a crash could undo, and does not
   * wait: while the disk is full, pilots must be able to come back and to keep their leases.
   * @param settled resolves when everything that has happened is durable
   * @returns when the welcome is sent, and everything that waited for it
   */
  welcome(drop: readonly ClaimRef[], leaseSeconds: number, settled: Promise<unknown>): Promise<void> {
    const welcome: PoolMessage = {
      type: 'welcome',
      protocol: protocolVersion,
      leaseSeconds,
      drop: [...drop],
      outputLists: true,
      checkpoints: true,
      slotUpdates: true,
    };
    if (drop.length === 0) this.#sendWelcome(welcome);
    return settled.then(() => {
      if (!this.#welcomed) this.#sendWelcome(welcome);
      this.#flush();
    });
  }

  send(message: string): void {
    if (this.#queued !== undefined) this.#queued.push(message);
    else this.#write(message);
  }

  /** Answers a renewal. The pilot may hear this although a record waits for the disk, but not before it is welcome. */
  renewed(sequence: number): void {
    if (this.#welcomed) this.#write(JSON.stringify({ type: 'renewed', sequence } satisfies PoolMessage));
  }

  #sendWelcome(welcome: PoolMessage): void {
    this.#welcomed = true;
    this.#write(JSON.stringify(welcome));
  }

  #flush(): void {
    const queued = this.#queued ?? [];
    this.#queued = undefined;
    for (const message of queued) this.#write(message);
  }
}
