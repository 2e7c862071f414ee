import type { Readable } from 'node:stream';

/** The longest answer that is read, in bytes: JavaScript has no longer strings. */
const mostBytes = 2 ** 29 - 2 ** 16;

/** An answer that is longer than any answer of a pool. */
export class EndlessBody extends Error {}

/**
 * The whole body as text. Its length is bounded, because the server may be anything.
 * @throws EndlessBody when it has more bytes than `most`; the stream's own error when it is cut
 */
export async function readBody(body: Readable, most = mostBytes): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length;
    if (bytes > most) throw new EndlessBody(`it has more than ${most} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Passes on the chunks of a body, up to `size` bytes, so that a body that is too long does not fill a disk.
 * @throws EndlessBody
 */
export async function* atMost(body: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > size) throw new EndlessBody(`it has more than ${size} bytes`);
    yield chunk;
  }
}
