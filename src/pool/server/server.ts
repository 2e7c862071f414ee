import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { fastify } from 'fastify';
import { digestsIn, showsToken } from '#telemetry/scrape-token.ts';
import { type Followed, followFiles } from '../auth/follow-files.ts';
import type { Bearer } from '../auth/tokens.ts';
import type { PoolMetrics } from '../metrics/pool-metrics.ts';
import { requireKnown } from '../registry/admission.ts';
import type { Volume } from '../spool/volume.ts';
import { type AuditPool, auditRoutes } from './audit-routes.ts';
import { type BackedUpPool, backupRoutes } from './backup-routes.ts';
import { bearerName } from './bearer-name.ts';
import { type BlobPool, blobRoutes } from './blob-routes.ts';
import { limitBodies } from './body-budget.ts';
import {
  certificateFiles,
  readAuthority,
  readCertificate,
  requireLoopback,
  type ServedCertificate,
} from './certificate.ts';
import { Connections } from './connections.ts';
import { Ending } from './ending.ts';
import { answerBadUrl, answerErrors, answerNoRequest } from './errors.ts';
import { type EventPool, eventRoutes } from './event-routes.ts';
import { gcRoutes, type SweptPool } from './gc-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { type JobPool, jobRoutes } from './job-routes.ts';
import { mostConnections } from './open-files.ts';
import { openApi } from './openapi.ts';
import { Pace } from './pace.ts';
import { Peeks } from './peeks.ts';
import { type PilotPool, pilotRoutes } from './pilot-routes.ts';
import type { SocketPool } from './pilot-socket.ts';
import { PilotUpgrades } from './pilot-upgrades.ts';
import { readJson } from './read-json.ts';
import { recordRefusals } from './record-refusals.ts';
import { RequestSlots } from './request-slots.ts';
import { checkRoles, collectRoutes, type Routes } from './route.ts';
import { SessionUpgrades } from './session-upgrades.ts';
import { Sessions } from './sessions.ts';
import { type ListedSlots, slotRoutes } from './slot-routes.ts';
import type { SummarizedPool } from './summary.ts';
import { summaryRoutes } from './summary-routes.ts';
import { Turns } from './turns.ts';
import { type AccountedPool, userprioRoutes } from './userprio-routes.ts';
import { type WhyPool, whyRoutes } from './why-routes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The bearer of the request's token; set before any handler runs. */
    identity: Bearer;
  }
  interface FastifyContextConfig {
    /** Whether the route changes jobs. A failure means that nothing was recorded, so once something is, the answer must wait. */
    changesJobs?: boolean;
    /** Whether the route waits for something to happen, and takes its place among the requests of its bearer only after that. */
    waits?: boolean;
  }
}

/** The parts of the pool that the server needs. */
export type ServedPool = JobPool &
  WhyPool &
  EventPool &
  BlobPool &
  BackedUpPool &
  SweptPool &
  PilotPool &
  ListedSlots &
  SummarizedPool &
  AccountedPool &
  AuditPool &
  SocketPool & {
    readonly metrics: PoolMetrics;
    readonly volume: Volume;
    readonly settings: {
      readonly host: string;
      readonly port: number;
      readonly tlsDirectory?: string | undefined;
      readonly metrics?: 'Open' | 'Token' | undefined;
      readonly metricsTokens?: string | undefined;
    };
  };

/** The largest JSON body, in bytes, unless a route sets its own limit. */
const maxBodyBytes = 2 ** 20;

/** Milliseconds of silence after which a connection is closed; longer than the longest poll. */
const idleMilliseconds = 120_000;

/**
 * Milliseconds in which the headers of a request must arrive, and between checks of that. Without a host Node would refuse a
 * request in words that no client of a pool reads; the pool does not need it.
 */
const reading = { headersTimeout: 15_000, connectionsCheckingInterval: 5000, requireHostHeader: false };

/** The most characters in a part of a path. */
const longestParameter = 1024;

/** Milliseconds in which a whole request must arrive: enough for the largest file at 3 MB/s. */
const requestMilliseconds = 3_600_000;

export interface Server {
  /** The address at which it answers, such as `http://127.0.0.1:9618`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Milliseconds that a peer has for its TLS handshake. */
const handshakeMilliseconds = 15_000;

/**
 * Starts the server of a pool: HTTP for people and bidders, one WebSocket per pilot, and both over TLS if there is a
 * certificate.
 * @throws GlideinError InvalidArgument for a bad certificate, or for a missing one unless the host is loopback
 */
export async function serve(pool: ServedPool): Promise<Server> {
  const { host, port, tlsDirectory } = pool.settings;
  if (tlsDirectory === undefined) requireLoopback(host);
  const tls = tlsDirectory === undefined ? null : await certificateIn(tlsDirectory, pool.metrics);
  const app = fastify({
    bodyLimit: maxBodyBytes,
    connectionTimeout: idleMilliseconds,
    requestTimeout: requestMilliseconds,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: longestParameter },
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerNoRequest,
    ...(tls === null
      ? { http: reading }
      : { https: { ...reading, ...tls, handshakeTimeout: handshakeMilliseconds } }),
  }) as unknown as Routes; // The same routes over HTTP and HTTPS.
  const ending = new Ending();
  const routes = collectRoutes(app);
  answerErrors(app, pool.logger);
  healthRoutes(app, {
    document: () => openApi(routes),
    metrics: pool.metrics,
    volume: pool.volume,
    isReady: () => !ending.hasBegun,
    mayReadMetrics: async (authorization) =>
      pool.settings.metrics === 'Open' ||
      showsToken(authorization, await digestsIn(pool.settings.metricsTokens)) ||
      pool.authenticator.verify(authorization),
  });
  const connections = new Connections();
  const most = await mostConnections();
  if (most !== undefined) app.server.maxConnections = most;
  app.server.on(tls === null ? 'connection' : 'secureConnection', (socket: Socket) =>
    connections.opened(socket),
  );
  const pace = new Pace(pool.clock);
  await app.register(async (inner) => registerRoutes(inner as Routes, pool, { connections, pace, ending }));
  const sessions = new Sessions(pool);
  const upgrades = new PilotUpgrades(pool, connections, sessions);
  const clients = new SessionUpgrades(pool, connections, sessions);
  app.server.on('upgrade', (request, socket, head) =>
    (clients.isFor(request) ? clients : upgrades).take(request, socket, head),
  );
  const followed = tlsDirectory === undefined ? undefined : await followCertificate(pool, app, tlsDirectory);
  await app.listen({ host, port });
  return {
    url: urlOf(app.server.address() as AddressInfo, tls === null ? 'http' : 'https'),
    async close() {
      followed?.close();
      await ending.begin(app);
      pace.close();
      clients.close();
      await upgrades.close();
      await app.close();
    },
  };
}

const urlOf = ({ family, address, port }: AddressInfo, scheme: string): string =>
  `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;

async function certificateIn(directory: string, metrics: PoolMetrics): Promise<ServedCertificate> {
  const [served, ca] = await Promise.all([readCertificate(directory), readAuthority(directory)]);
  metrics.certificates.inForce({ cert: served.cert, ca });
  return served;
}

/** New connections get the newest certificate; those that are open keep theirs. */
function followCertificate(pool: ServedPool, app: Routes, directory: string): Promise<Followed> {
  return followFiles({
    files: certificateFiles(directory),
    clock: pool.clock,
    load: async () =>
      (app.server as unknown as HttpsServer).setSecureContext(await certificateIn(directory, pool.metrics)),
    failed: (error) =>
      pool.logger.error({ err: error }, 'new certificate is invalid, the old one stays in force'),
  });
}

interface Bounds {
  readonly connections: Connections;
  readonly pace: Pace;
  readonly ending: Ending;
}

function registerRoutes(routes: Routes, pool: ServedPool, { connections, pace, ending }: Bounds): void {
  routes.decorateRequest('identity');
  recordRefusals(routes, pool.audit);
  routes.addHook('onRequest', async (request) => {
    request.identity = await pool.authenticator.verify(request.headers.authorization);
  });
  ending.watch(routes);
  const slots = new RequestSlots();
  routes.addHook('onRequest', async (request, reply) => {
    const bearer = bearerName(request.identity);
    connections.proved(request.raw.socket, bearer);
    await connections.afterOthers(request.raw.socket, reply.raw);
    requireKnown(pool, request.identity);
    if (request.routeOptions.config.waits !== true) await slots.hold(bearer, reply);
  });
  checkRoles(routes);
  pace.watch(routes);
  readJson(routes);
  limitBodies(routes, pool.memory.requests);
  // Answers come from memory, which is ahead of the disk: nobody may see what a crash could still undo.
  routes.addHook('preSerialization', async (request, reply, payload) => {
    // A refusal says nothing that a crash could undo.
    if (reply.statusCode >= 400) return payload;
    const settled = pool.ledger.settled();
    await (request.routeOptions.config.changesJobs === true ? settled : pool.volume.orFull(settled));
    return payload;
  });
  const peeks = new Peeks(pool.clock);
  const turns = new Turns();
  jobRoutes(routes, pool, { peeks, turns });
  eventRoutes(routes, pool, { slots, ending: ending.signal });
  auditRoutes(routes, pool, { slots, ending: ending.signal });
  routes.register(async (files) => blobRoutes(files as Routes, pool, peeks));
  backupRoutes(routes, pool);
  gcRoutes(routes, pool);
  userprioRoutes(routes, pool, turns);
  pilotRoutes(routes, pool, { turns, ending: ending.signal });
  slotRoutes(routes, pool, turns);
  summaryRoutes(routes, pool, turns);
  whyRoutes(routes, pool, turns);
}
