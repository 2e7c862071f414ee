import type { Readable } from 'node:stream';

/** The longest answer that is read, in bytes: JavaScript has no longer texts. */
const mostBytes = 2 ** 29 - 2 ** 16;

/** An answer that does not end where every answer of a pool has ended. */
export class EndlessBody extends Error {}

/**
 * The whole body as text, within bounds: what answers may be anything.
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
 * Passes the chunks of a body on until they are more than `size` bytes: what is longer than it may be is not written to a disk.
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
