import type { FastifyInstance } from 'fastify';
import { protocolVersion } from '#wire/protocol.ts';

/** For probes: they need no token and tell nothing about jobs. */
export function healthRoutes(app: FastifyInstance): void {
  app.get('/healthz', () => ({ status: 'ok', protocol: protocolVersion }));
}
