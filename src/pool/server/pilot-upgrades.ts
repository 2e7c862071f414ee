import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { isCode } from '#base/error.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { requireRole } from '../auth/access.ts';
import { verifyBearer } from '../auth/tokens.ts';
import type { Core } from '../core.ts';
import { PilotSocket } from './pilot-socket.ts';

/** Turns requests for `/v1/pilot` with a pilot's token into sockets; everything else gets a status and is closed. */
export class PilotUpgrades {
  readonly #core: Core;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });

  constructor(core: Core) {
    this.#core = core;
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (request.url !== '/v1/pilot') {
      refuse(socket, '404 Not Found');
      return;
    }
    this.#admit(request, socket, head).catch((error: unknown) => {
      if (isCode(error, 'Unauthenticated')) refuse(socket, '401 Unauthorized');
      else if (isCode(error, 'Forbidden')) refuse(socket, '403 Forbidden');
      else {
        this.#core.logger.error({ err: error }, 'pilot could not connect');
        socket.destroy();
      }
    });
  }

  /** Cuts all of them; pilots come back to the pool's next life. */
  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }

  async #admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const bearer = await verifyBearer(this.#core.key, request.headers.authorization);
    requireRole(bearer, 'pilot');
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      new PilotSocket(this.#core, opened, bearer);
    });
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
