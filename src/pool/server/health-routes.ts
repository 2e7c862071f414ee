import type { FastifyInstance } from 'fastify';
import { protocolVersion } from '#wire/protocol.ts';
import type { PoolMetrics } from '../metrics.ts';
import type { Volume } from '../spool/volume.ts';

/**
 * For probes and Prometheus: they need no token and tell nothing about single jobs. The doors open when the store is
 * loaded, so whoever is answered at all is answered by a pool that serves, unless it is about to end.
 */
export function healthRoutes(
  app: FastifyInstance,
  { metrics, volume }: { readonly metrics: PoolMetrics; readonly volume: Volume },
  isReady: () => boolean,
): void {
  app.get('/healthz', () => ({ status: 'ok', protocol: protocolVersion }));

  app.get('/readyz', (_request, reply) =>
    isReady()
      ? // Ready also on a full volume: downloads and rm must reach it, and it says itself what it does not take.
        reply.send({ status: 'ready', ...volume.state })
      : reply.code(503).send({ code: 'Unavailable', message: 'the pool ends' }),
  );

  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}
