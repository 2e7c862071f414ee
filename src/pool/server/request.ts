import type { FastifyReply } from 'fastify';
import type * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { issueInWords } from '#base/issue-in-words.ts';

/**
 * The validated body or query of a request.
 * @param at where in the request the value is, such as `procs.3`
 * @throws GlideinError InvalidArgument naming the field
 */
export function parseBody<T>(shape: z.ZodType<T>, value: unknown, at?: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new GlideinError(
    'InvalidArgument',
    issueInWords(parsed.error, 'the request', at === undefined ? [] : [at]),
  );
}

/**
 * A signal that aborts if the connection closes before the answer is sent, or when `ending` does: a poll is then answered. It
 * listens to the response and not to the socket, because a kept-alive socket carries many requests and would collect a
 * listener for each.
 */
export function readerGone(reply: FastifyReply, ending?: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const end = () => gone.abort();
  ending?.addEventListener('abort', end, { once: true });
  reply.raw.once('close', () => {
    ending?.removeEventListener('abort', end);
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
