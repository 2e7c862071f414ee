import type { FastifyReply } from 'fastify';

/**
 * Aborts when the connection closes before the answer was sent. It listens to the response and not to the socket: a
 * kept-alive socket carries many requests, and would collect a listener of each.
 */
export function readerGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
