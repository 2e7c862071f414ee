import type { FastifyInstance } from 'fastify';
import { protocolVersion } from '#wire/protocol.ts';
import type { PoolMetrics } from '../metrics/pool-metrics.ts';
import type { Volume } from '../spool/volume.ts';

interface HealthOptions {
  readonly metrics: PoolMetrics;
  readonly volume: Volume;
  readonly isReady: () => boolean;
  /** Throws for somebody who may not. */
  readonly mayReadMetrics: (authorization: string | undefined) => Promise<unknown>;
}

/**
 * For probes, which need no token, and for Prometheus. They tell nothing about single jobs. The doors open when the store is
 * loaded, so whoever is answered at all is answered by a pool that serves, unless it is about to end.
 */
export function healthRoutes(app: FastifyInstance, options: HealthOptions): void {
  const { metrics, volume, isReady } = options;
  app.get('/healthz', () => ({ status: 'ok', protocol: protocolVersion }));

  app.get('/readyz', (_request, reply) =>
    isReady()
      ? // Ready also on a full volume: downloads and rm must reach it, and it says itself what it does not take.
        reply.send({ status: 'ready', ...volume.state })
      : reply.code(503).send({ code: 'Unavailable', message: 'the pool ends' }),
  );

  app.get('/metrics', async (request, reply) => {
    await options.mayReadMetrics(request.headers.authorization);
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}
