import type { FastifyInstance } from 'fastify';
import { protocolVersion } from '#wire/protocol.ts';
import type { PoolMetrics } from '../metrics/pool-metrics.ts';
import type { Volume } from '../spool/volume.ts';

interface HealthOptions {
  readonly metrics: PoolMetrics;
  readonly volume: Volume;
  readonly isReady: () => boolean;
  /** Rejects if the client may not read metrics. */
  readonly mayReadMetrics: (authorization: string | undefined) => Promise<unknown>;
}

/**
 * Routes for probes, which need no token, and for Prometheus. They reveal nothing about single jobs. The server listens only
 * once the store is loaded, so a pool that answers is ready unless it is about to end.
 */
export function healthRoutes(app: FastifyInstance, options: HealthOptions): void {
  const { metrics, volume, isReady } = options;
  app.get('/healthz', () => ({ status: 'ok', protocol: protocolVersion }));

  app.get('/readyz', (_request, reply) =>
    isReady()
      ? // Ready even on a full volume: downloads and removals must reach it, and it refuses by itself what it cannot accept.
        reply.send({ status: 'ready', ...volume.state })
      : reply.code(503).send({ code: 'Unavailable', message: 'the pool ends' }),
  );

  app.get('/metrics', async (request, reply) => {
    await options.mayReadMetrics(request.headers.authorization);
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}
