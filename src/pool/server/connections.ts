import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { GlideinError } from '#base/error.ts';

/** The most connections that have not shown a valid token. */
const mostStrangers = 8192;

/** The most connections that one bearer of tokens may hold. */
const mostOfOne = 2048;

interface Limits {
  readonly strangers: number;
  readonly ofOne: number;
}

/**
 * Bounds what connections may take: a socket costs memory and a file, however little it says.
 *
 * | a connection               | counts as                    | and is closed                                        |
 * |----------------------------|------------------------------|------------------------------------------------------|
 * | opened                     | a stranger                   | when there are too many, the oldest stranger first   |
 * | with a valid token         | one of its first bearer      | never for the number of strangers                    |
 * | of a bearer with too many  | a stranger still             | after a refusal                                      |
 *
 * An honest client is a stranger for as long as its first request travels, so others would have to open thousands of
 * connections in that time to displace it.
 */
export class Connections {
  readonly #limits: Limits;
  /** The oldest first. */
  readonly #strangers = new Set<Duplex>();
  readonly #bearers = new Map<string, number>();
  readonly #known = new WeakSet<Duplex>();
  /** The end of the newest request of each connection. */
  readonly #last = new WeakMap<Duplex, Promise<void>>();

  constructor(limits: Limits = { strangers: mostStrangers, ofOne: mostOfOne }) {
    this.#limits = limits;
  }

  opened(socket: Duplex): void {
    this.#strangers.add(socket);
    socket.once('close', () => this.#strangers.delete(socket));
    if (this.#strangers.size <= this.#limits.strangers) return;
    for (const oldest of this.#strangers.values().take(1)) {
      this.#strangers.delete(oldest);
      oldest.destroy();
    }
  }

  /**
   * Takes note that the socket has shown a valid token.
   * @param bearer whoever holds tokens for the same role and subject
   * @throws GlideinError Unavailable if the bearer holds too many connections already
   */
  proved(socket: Duplex, bearer: string): void {
    if (this.#known.has(socket)) return;
    const held = this.#bearers.get(bearer) ?? 0;
    if (held >= this.#limits.ofOne)
      throw new GlideinError('Unavailable', `you hold ${held} connections to this pool already`, {
        cure: 'keep connections alive, and make fewer requests at the same time',
      });
    this.#strangers.delete(socket);
    this.#known.add(socket);
    this.#bearers.set(bearer, held + 1);
    socket.once('close', () => this.#left(bearer));
  }

  /**
   * Resolves when everything that was asked before on the same connection is answered: answers come in order, so those that are
   * ready earlier would only fill memory.
   * @throws GlideinError Timeout if the connection has ended by then
   */
  async afterOthers(socket: Duplex, reply: ServerResponse): Promise<void> {
    const before = this.#last.get(socket);
    this.#last.set(socket, new Promise((resolve) => reply.once('close', resolve)));
    await before;
    // Node never closes an answer that had to wait for others: nobody may wait for that any more.
    if (socket.destroyed) throw new GlideinError('Timeout', 'the client went away');
  }

  #left(bearer: string): void {
    const others = (this.#bearers.get(bearer) ?? 1) - 1;
    if (others === 0) this.#bearers.delete(bearer);
    else this.#bearers.set(bearer, others);
  }
}
