import type { FastifyReply } from 'fastify';

/**
 * A signal that aborts if the connection closes before the answer is sent. It listens to the response and not to the socket,
 * because a kept-alive socket carries many requests and would collect a listener for each.
 */
export function readerGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
