import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { PoolClient } from '#client/pool-client.ts';
import type { Peek } from '#wire/pool-messages.ts';

/** The most bytes that one peek brings; whoever wants more asks again with a larger offset. */
const mostPeekBytes = 2 ** 20;

/** Sends the pool what a stream contains from the offset on; the pool hands it to whoever asked. */
export async function sendPeek(client: PoolClient, path: string, peek: Peek): Promise<void> {
  // Before the streams are opened, nothing has been printed.
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  const length = Math.min(mostPeekBytes, Math.max(0, size - peek.offset));
  const answer = await client.raw(`/v1/peeks/${encodeURIComponent(peek.id)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(length) },
    ...(length === 0
      ? {}
      : { body: createReadStream(path, { start: peek.offset, end: peek.offset + length - 1 }) }),
  });
  await answer.body.dump();
}
