import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';
import { bytesPerByte } from '../queue/memory.ts';
import { bearerName } from './bearer-name.ts';
import { broughtBy } from './request-body.ts';
import type { Routes } from './route.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Bytes of memory that each byte of a body takes; `bytesPerByte` if absent. */
    bodyCost?: number;
  }
}

/**
 * Refuses JSON bodies for which there is no memory before they are read. A body of unknown length counts as the largest that
 * its route accepts. Files are streamed and do not count.
 * @param memory the most bytes that bodies may take at the same time
 */
export function limitBodies(app: Routes, memory: number): void {
  const bodies = new HeldBodies(memory);
  app.addHook('preParsing', async (request, reply, payload) => {
    const { headers, routeOptions } = request;
    if (broughtBy(request) !== 'json') return payload;
    const { bodyCost = bytesPerByte } = routeOptions.config;
    const most = Math.floor(memory / bodyCost);
    const limit = Math.min(most, routeOptions.bodyLimit ?? most);
    const announced = Number(headers['content-length'] ?? routeOptions.bodyLimit);
    if (announced > limit) throw tooLarge(announced, limit);
    const bearer = bearerName(request.identity);
    bodies.take(bearer, announced * bodyCost);
    reply.raw.once('close', () => bodies.giveBack(bearer, announced * bodyCost));
    return payload;
  });
}

/** The memory that bodies take, of everybody and of each bearer. */
class HeldBodies {
  readonly #most: number;
  readonly #byBearer = new Map<string, number>();
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Takes room for a body.
   * @throws GlideinError Unavailable if there is none now
   */
  take(bearer: string, bytes: number): void {
    const own = this.#byBearer.get(bearer) ?? 0;
    // So that nobody's slow bodies take all of the room, whoever is already sending one may use only half of it.
    const isOwnFull = own > 0 && own + bytes > this.#most / 2;
    if (this.#held > 0 && (this.#held + bytes > this.#most || isOwnFull))
      throw new GlideinError('Unavailable', 'the pool is reading too many large requests already', {
        cure: 'try again',
      });
    this.#held += bytes;
    this.#byBearer.set(bearer, own + bytes);
  }

  giveBack(bearer: string, bytes: number): void {
    this.#held -= bytes;
    const left = (this.#byBearer.get(bearer) ?? 0) - bytes;
    if (left > 0) this.#byBearer.set(bearer, left);
    else this.#byBearer.delete(bearer);
  }
}

const tooLarge = (announced: number, most: number): GlideinError =>
  new GlideinError(
    'TooLarge',
    `the request has ${formatBytes(announced)}, but this pool has memory for ${formatBytes(most)}`,
    { cure: 'submit fewer procs at a time, or ask the operator of the pool for more memory' },
  );
