import type { FastifyRequest } from 'fastify';

/**
 * What a request brings: a file, which is streamed, or JSON, which takes memory; undefined if it brings nothing. Its route
 * decides, and never the header that its client writes.
 */
export function broughtBy({ method, headers, routeOptions }: FastifyRequest): 'file' | 'json' | undefined {
  // Nobody reads their bodies.
  if (method === 'GET' || method === 'HEAD') return undefined;
  if (headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0')
    return undefined;
  return routeOptions.config.door?.body === 'file' ? 'file' : 'json';
}
