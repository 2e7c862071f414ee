import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { GlideinError } from '#base/error.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { requireRole } from '../auth/access.ts';
import { bearerName } from './bearer-name.ts';
import type { Connections } from './connections.ts';
import { endWith } from './end-with.ts';
import { PilotSocket, type SocketPool } from './pilot-socket.ts';
import type { Sessions } from './sessions.ts';
import { TurnWrites } from './turn-writes.ts';

/** WebSocket close code 1001, Going Away. */
const goingAway = 1001;

/** Milliseconds that all pilots have to answer when the pool ends. */
const farewell = 2000;

/** Milliseconds that a pilot has to answer a close. */
const closeMilliseconds = 5000;

/** Upgrades requests for `/v1/pilot` with a pilot's token to WebSockets; every other request gets an error status. */
export class PilotUpgrades {
  readonly #pool: SocketPool;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    ...({ closeTimeout: closeMilliseconds } as object), // Its types do not know this option yet.
  });

  readonly #writes = new TurnWrites();
  readonly #connections: Connections;
  readonly #sessions: Sessions;

  constructor(pool: SocketPool, connections: Connections, sessions: Sessions) {
    this.#pool = pool;
    this.#sessions = sessions;
    this.#connections = connections;
    this.#sockets.on('wsClientError', (error, socket) =>
      endWith(socket, new GlideinError('InvalidMessage', `this is no WebSocket handshake: ${error.message}`)),
    );
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (request.url !== '/v1/pilot') {
      endWith(socket, new GlideinError('NotFound', 'pilots connect to /v1/pilot'));
      return;
    }
    this.#admit(request, socket, head).catch((error: unknown) => {
      if (error instanceof GlideinError) endWith(socket, error);
      else {
        this.#pool.logger.error({ err: error }, 'pilot could not connect');
        socket.destroy();
      }
    });
  }

  /** Tells all pilots that the pool ends, and disconnects them; they reconnect to its next process. */
  async close(): Promise<void> {
    this.#writes.flush();
    const { clients } = this.#sockets;
    for (const socket of clients) socket.close(goingAway, 'the pool ends');
    for (let waited = 0; clients.size > 0 && waited < farewell; waited += 10) await pause(10);
    for (const socket of clients) socket.terminate();
    this.#sockets.close();
  }

  async #admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const bearer = await this.#pool.authenticator.verify(request.headers.authorization);
    requireRole(bearer, 'pilot');
    this.#connections.proved(socket, bearerName(bearer));
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      new PilotSocket(this.#pool, opened, bearer, this.#sessions, () => this.#writes.hold(socket));
    });
  }
}
