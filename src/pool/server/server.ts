import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { WebSocketServer } from 'ws';
import { describeError, type ErrorCode, errorCatalogue, GlideinError } from '#base/error.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { requireRole } from '../auth/access.ts';
import { type Identity, verifyBearer } from '../auth/tokens.ts';
import type { Core } from '../core.ts';
import { blobRoutes } from './blob-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { Peeks } from './peeks.ts';
import { pilotRoutes } from './pilot-routes.ts';
import { servePilot } from './pilot-socket.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before any handler runs. */
    identity: Identity;
  }
}

/** The largest JSON body, in bytes: a submit of a million small procs. */
const maxBodyBytes = 256 * 2 ** 20;

export interface Server {
  /** Where it answers, such as `http://127.0.0.1:9618`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the doors of a pool: HTTP for people and bidders, one WebSocket a pilot. */
export async function serve(core: Core): Promise<Server> {
  const app = fastify({ bodyLimit: maxBodyBytes, forceCloseConnections: true, exposeHeadRoutes: false });
  answerErrors(app, core);
  healthRoutes(app);
  const peeks = new Peeks(core.clock);
  await app.register(async (doors) => {
    doors.decorateRequest('identity');
    doors.addHook('onRequest', async (request) => {
      request.identity = await verifyBearer(core.key, request.headers.authorization);
    });
    jobRoutes(doors, core, peeks);
    blobRoutes(doors, core, peeks);
    pilotRoutes(doors, core);
  });
  const sockets = pilotSockets(app, core);
  const { host, port } = core.settings;
  await app.listen({ host, port });
  const address = app.server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await app.close();
    },
  };
}

function answerErrors(app: FastifyInstance, core: Core): void {
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ code: 'NotFound', message: `there is no ${request.method} ${request.url}` }),
  );
  app.setErrorHandler((error, _request, reply) => {
    const known = asGlideinError(error);
    if (known.code === 'Internal') core.logger.error({ err: error }, 'request failed');
    const { code, message, cure, place } = known;
    return reply.code(errorCatalogue[code].status).send({ code, message, cure, place });
  });
}

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'InvalidArgument',
  413: 'TooLarge',
  415: 'InvalidArgument',
};

/** Fastify's own refusals (a body too large, JSON that is none) keep their status. */
function asGlideinError(error: unknown): GlideinError {
  if (error instanceof GlideinError) return error;
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  const code = codeOfStatus[status] ?? 'Internal';
  return new GlideinError(
    code,
    code === 'Internal' ? 'the pool failed to answer; its log says why' : describeError(error),
  );
}

function pilotSockets(app: FastifyInstance, core: Core): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  app.server.on('upgrade', (request, socket, head) => {
    const refuse = (status: string): void => {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    socket.on('error', () => socket.destroy());
    if (request.url !== '/v1/pilot') {
      refuse('404 Not Found');
      return;
    }
    verifyBearer(core.key, request.headers.authorization).then(
      (identity) => {
        try {
          requireRole(identity, 'pilot');
        } catch {
          refuse('403 Forbidden');
          return;
        }
        sockets.handleUpgrade(request, socket, head, (ws) => servePilot(core, ws, identity.subject));
      },
      () => refuse('401 Unauthorized'),
    );
  });
  return sockets;
}
