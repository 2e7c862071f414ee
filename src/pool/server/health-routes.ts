import * as z from 'zod';
import { protocolVersion } from '#wire/protocol.ts';
import { role } from '#wire/role.ts';
import type { PoolMetrics } from '../metrics/pool-metrics.ts';
import type { Volume } from '../spool/volume.ts';
import type { Routes } from './route.ts';

const healthAnswer = z.object({ status: z.literal('ok'), protocol: z.int() });

/** `state` and `message` are those of the volume. */
const readyAnswer = z.object({ status: z.literal('ready'), state: z.string(), message: z.string() });

interface HealthOptions {
  /** The OpenAPI document. */
  readonly document: () => unknown;
  readonly metrics: PoolMetrics;
  readonly volume: Volume;
  readonly isReady: () => boolean;
  /** Rejects if the client may not read metrics. */
  readonly mayReadMetrics: (authorization: string | undefined) => Promise<unknown>;
}

/**
 * Routes for probes and for the document of all routes, which need no token, and for Prometheus. They reveal nothing about
 * single jobs. The server listens only once the store is loaded, so a pool that answers is ready unless it is about to end.
 */
export function healthRoutes(app: Routes, options: HealthOptions): void {
  const { metrics, volume, isReady } = options;
  const anyone = (summary: string, answer: z.ZodType) => ({
    config: { door: { summary, roles: 'anyone' as const, answer } },
  });

  app.get('/healthz', anyone('Whether the process answers', healthAnswer), () => ({
    status: 'ok',
    protocol: protocolVersion,
  }));

  const document = anyone('This document', z.record(z.string(), z.unknown()));
  app.get('/v1/openapi.json', document, () => options.document());

  const ready = { summary: 'Whether the pool serves', roles: 'anyone' as const, answer: readyAnswer };
  app.get('/readyz', { config: { door: { ...ready, errors: ['Unavailable'] } } }, (_request, reply) =>
    isReady()
      ? // Ready even on a full volume: downloads and removals must reach it, and it refuses by itself what it cannot accept.
        reply.send({ status: 'ready', ...volume.state })
      : reply.code(503).send({ code: 'Unavailable', message: 'the pool ends' }),
  );

  const figures = {
    summary: 'Figures for Prometheus; an operator of the pool may open them to anyone',
    roles: role.options,
    answer: 'text' as const,
  };
  app.get('/metrics', { config: { door: figures } }, async (request, reply) => {
    await options.mayReadMetrics(request.headers.authorization);
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}
