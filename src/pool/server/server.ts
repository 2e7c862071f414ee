import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { type Bearer, verifyBearer } from '../auth/tokens.ts';
import type { Core } from '../core.ts';
import { blobRoutes } from './blob-routes.ts';
import { limitBodies } from './body-budget.ts';
import { answerErrors } from './errors.ts';
import { healthRoutes } from './health-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { Peeks } from './peeks.ts';
import { pilotRoutes } from './pilot-routes.ts';
import { PilotUpgrades } from './pilot-upgrades.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before any handler runs. */
    identity: Bearer;
  }
}

/** The largest JSON body, in bytes, where a route does not say otherwise. */
const maxBodyBytes = 2 ** 20;

/** Milliseconds of silence after which a connection is cut; longer than the longest poll. */
const idleMilliseconds = 120_000;

/** Milliseconds in which a whole request must have come: the largest file at 3 MB/s. */
const requestMilliseconds = 3_600_000;

export interface Server {
  /** Where it answers, such as `http://127.0.0.1:9618`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the doors of a pool: HTTP for people and bidders, one WebSocket a pilot. */
export async function serve(core: Core): Promise<Server> {
  const app = fastify({
    bodyLimit: maxBodyBytes,
    connectionTimeout: idleMilliseconds,
    requestTimeout: requestMilliseconds,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  });
  answerErrors(app, core.logger);
  healthRoutes(app, core.metrics);
  await app.register(async (doors) => openDoors(doors, core));
  const upgrades = new PilotUpgrades(core);
  app.server.on('upgrade', (request, socket, head) => upgrades.take(request, socket, head));
  const { host, port } = core.settings;
  await app.listen({ host, port });
  const address = app.server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    async close() {
      upgrades.close();
      await app.close();
    },
  };
}

function openDoors(doors: FastifyInstance, core: Core): void {
  doors.decorateRequest('identity');
  doors.addHook('onRequest', async (request) => {
    request.identity = await verifyBearer(core.key, request.headers.authorization);
  });
  limitBodies(doors);
  // Answers are made of memory, which is ahead of the disk: nobody may see what a crash could still undo.
  doors.addHook('preSerialization', async (_request, _reply, payload) => {
    await core.ledger.settled();
    return payload;
  });
  const peeks = new Peeks(core.clock);
  jobRoutes(doors, core, peeks);
  blobRoutes(doors, core, peeks);
  pilotRoutes(doors, core);
}
