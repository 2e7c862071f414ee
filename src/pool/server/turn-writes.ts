import type { Duplex } from 'node:stream';

/**
 * Gathers what is written to each socket in one turn of the event loop, and hands it to the kernel at the turn's end in one
 * call: a commit makes many messages at once, often several for one pilot, and the calls would cost more than all the rest.
 */
export class TurnWrites {
  readonly #held = new Set<Duplex>();

  /** From now to the end of the turn the socket only gathers. Call this before you write. */
  hold(socket: Duplex): void {
    if (this.#held.has(socket)) return;
    if (this.#held.size === 0) setImmediate(() => this.flush());
    this.#held.add(socket);
    socket.cork();
  }

  /** Writes at once what was gathered. */
  flush(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const socket of held) socket.uncork();
  }
}
