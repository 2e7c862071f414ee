import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';
import type { Routes } from './route.ts';

/**
 * Refuses JSON bodies for which there is no memory before they are read. A body of unknown length counts as the largest that
 * its route accepts. Files are streamed and do not count.
 * @param most the most bytes of bodies that may be in memory at the same time
 */
export function limitBodies(app: Routes, most: number): void {
  let held = 0;
  app.addHook('preParsing', async (request, reply, payload) => {
    const { headers, routeOptions } = request;
    if (!(headers['content-type'] ?? '').startsWith('application/json')) return payload;
    const announced = Number(headers['content-length'] ?? routeOptions.bodyLimit);
    if (announced > Math.min(most, routeOptions.bodyLimit ?? most))
      throw tooLarge(announced, Math.min(most, routeOptions.bodyLimit ?? most));
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

const tooLarge = (announced: number, most: number): GlideinError =>
  new GlideinError(
    'TooLarge',
    `the request has ${formatBytes(announced)}, but this pool has memory for ${formatBytes(most)}`,
    { cure: 'submit fewer procs at a time, or ask the operator of the pool for more memory' },
  );
