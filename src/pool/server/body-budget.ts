import type { FastifyInstance } from 'fastify';
import { GlideinError } from '#base/error.ts';

/** JSON bodies that are held in memory at one time, in bytes; two of the largest submits. */
const mostBytes = 512 * 2 ** 20;

/**
 * Refuses JSON bodies for which there is no memory just now, before any of it is read. A body of unannounced length
 * counts as the largest that its route takes. Files flow through and count nothing.
 */
export function limitBodies(app: FastifyInstance, most = mostBytes): void {
  let held = 0;
  app.addHook('preParsing', async (request, reply, payload) => {
    const { headers, routeOptions } = request;
    if (!(headers['content-type'] ?? '').startsWith('application/json')) return payload;
    const announced = Number(headers['content-length'] ?? routeOptions.bodyLimit);
    // One of any size that is allowed at all goes through when nothing else is held.
    if (held > 0 && held + announced > most) {
      throw new GlideinError('Unavailable', 'the pool is reading too many large requests already', {
        cure: 'try again',
      });
    }
    held += announced;
    reply.raw.once('close', () => {
      held -= announced;
    });
    return payload;
  });
}
