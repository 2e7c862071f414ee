import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Characters of lines that are compressed at a time: an image may have millions of them. */
const piece = 2 ** 16;

/** What the list of an image's contents has. */
export interface WrittenContents {
  /** SHA-256 of the list without compression, in hexadecimal. */
  readonly sum: string;
  readonly entries: number;
}

/** Writes the list of an image's contents, compressed, piece by piece. */
export async function writeContents(path: string, lines: Iterable<string>): Promise<WrittenContents> {
  const hash = createHash('sha256');
  let entries = 0;
  function* pieces(): Generator<Buffer> {
    let text = '';
    for (const line of lines) {
      entries += 1;
      text += `${line}\n`;
      if (text.length < piece) continue;
      yield hashed(text);
      text = '';
    }
    yield hashed(text);
  }
  const hashed = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    hash.update(bytes);
    return bytes;
  };
  await pipeline(Readable.from(pieces()), createGzip(), createWriteStream(path, { flush: true }));
  return { sum: hash.digest('hex'), entries };
}
