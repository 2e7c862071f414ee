import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { errorCatalogue, GlideinError } from '#base/error.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { requireRole } from '../auth/access.ts';
import { PilotSocket, type SocketPool } from './pilot-socket.ts';
import { TurnWrites } from './turn-writes.ts';

/** Upgrades requests for `/v1/pilot` with a pilot's token to WebSockets; every other request gets an error status. */
export class PilotUpgrades {
  readonly #pool: SocketPool;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });

  readonly #writes = new TurnWrites();

  constructor(pool: SocketPool) {
    this.#pool = pool;
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (request.url !== '/v1/pilot') {
      refuse(socket, new GlideinError('NotFound', 'pilots connect to /v1/pilot'));
      return;
    }
    this.#admit(request, socket, head).catch((error: unknown) => {
      if (error instanceof GlideinError) refuse(socket, error);
      else {
        this.#pool.logger.error({ err: error }, 'pilot could not connect');
        socket.destroy();
      }
    });
  }

  /** Disconnects all pilots; they reconnect to the next process of the pool. */
  close(): void {
    this.#writes.flush();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }

  async #admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const bearer = await this.#pool.authenticator.verify(request.headers.authorization);
    requireRole(bearer, 'pilot');
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      new PilotSocket(this.#pool, opened, bearer, () => this.#writes.hold(socket));
    });
  }
}

/** Answers with the same body as every other route, so that the pilot's log says what is wrong. */
function refuse(socket: Duplex, { code, message, cure }: GlideinError): void {
  const { status } = errorCatalogue[code];
  const body = JSON.stringify({ code, message, cure });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? code}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
