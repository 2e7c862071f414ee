import type { FastifyInstance } from 'fastify';
import { protocolVersion } from '#wire/protocol.ts';
import type { PoolMetrics } from '../metrics.ts';

/**
 * For probes and Prometheus: they need no token and tell nothing about single jobs. The doors open when the store is
 * loaded, so whoever is answered at all is answered by a pool that serves, unless it is about to end.
 */
export function healthRoutes(app: FastifyInstance, metrics: PoolMetrics, isReady: () => boolean): void {
  app.get('/healthz', () => ({ status: 'ok', protocol: protocolVersion }));

  app.get('/readyz', (_request, reply) =>
    isReady()
      ? reply.send({ status: 'ready' })
      : reply.code(503).send({ code: 'Unavailable', message: 'the pool ends' }),
  );

  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}
