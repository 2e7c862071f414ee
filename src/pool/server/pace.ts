import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { broughtBy } from './request-body.ts';
import type { Routes } from './route.ts';

/** Milliseconds between two looks at the requests in progress. */
const interval = 30_000;

/** Bytes that have to move in that time while the pool waits for nothing but the client: about 4 KiB/s. */
const leastBytes = 120 * 1024;

/** Milliseconds that a JSON body has, and the slowest rate at which a larger one may arrive, in bytes per millisecond. */
const bodyPatience = 60_000;
const bodyRate = 256;

interface Watched {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Bytes that the connection had moved at the last look; undefined if it was not the client's turn then. */
  moved: number | undefined;
}

/**
 * Cuts off clients that send bodies or read answers a few bytes at a time: what they hold (memory, a file, reserved space)
 * would be theirs for hours. A request that waits for the pool itself is never cut off.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #timer: Timer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = this.#lookLater();
  }

  watch(app: Routes): void {
    app.addHook('onRequest', async (request, reply) => {
      const watched = { request, reply, moved: undefined };
      this.#watched.add(watched);
      reply.raw.once('close', () => this.#watched.delete(watched));
    });
    app.addHook('preParsing', async (request, reply, payload) => {
      this.#limitBody(request, reply);
      return payload;
    });
  }

  close(): void {
    this.#timer.cancel();
  }

  #limitBody(request: FastifyRequest, reply: FastifyReply): void {
    if (broughtBy(request) !== 'json') return;
    const bytes = Number(request.headers['content-length'] ?? 0);
    const timer = this.#clock.after(bodyPatience + bytes / bodyRate, () => {
      if (request.raw.complete) return;
      reply.raw.once('finish', () => request.raw.destroy());
      void reply
        .header('connection', 'close')
        .send(new GlideinError('Timeout', 'the body of the request did not come in time'));
    });
    request.raw.once('end', () => timer.cancel());
    reply.raw.once('close', () => timer.cancel());
  }

  #lookLater(): Timer {
    return this.#clock.after(interval, () => {
      for (const watched of this.#watched) this.#look(watched);
      this.#timer = this.#lookLater();
    });
  }

  #look(watched: Watched): void {
    const { request, reply, moved } = watched;
    const { socket } = request.raw;
    const now = socket.bytesRead + socket.bytesWritten;
    if (!isClientsTurn(request, reply)) watched.moved = undefined;
    else if (moved === undefined || now - moved >= leastBytes) watched.moved = now;
    else socket.destroy();
  }
}

/** Whether the pool waits for more of a file, or for the client to read what is written. A body of JSON has its own limit. */
function isClientsTurn(request: FastifyRequest, reply: FastifyReply): boolean {
  const { raw } = request;
  const isSending = broughtBy(request) === 'file' && !raw.complete && raw.readableLength === 0;
  return isSending || reply.raw.writableLength > 0;
}
