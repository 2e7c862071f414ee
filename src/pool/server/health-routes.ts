import type { FastifyInstance } from 'fastify';
import { protocolVersion } from '#wire/protocol.ts';
import type { PoolMetrics } from '../metrics.ts';

/** For probes and Prometheus: they need no token and tell nothing about single jobs. */
export function healthRoutes(app: FastifyInstance, metrics: PoolMetrics): void {
  app.get('/healthz', () => ({ status: 'ok', protocol: protocolVersion }));

  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}
