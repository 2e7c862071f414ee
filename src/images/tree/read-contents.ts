import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** The most characters of a line: a path and where a link leads, each byte of them as three characters. */
const longestLine = 2 ** 16;

/**
 * Reads the list of an image's contents line by line: of millions of entries it would be larger than a string may be.
 * @param sum its SHA-256 without compression, in hexadecimal
 * @param take is given each line, before it is known whether the list is the right one
 * @returns whether it is there, and is the one with that sum
 */
export async function readContents(
  path: string,
  sum: string,
  take: (line: string) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const hash = createHash('sha256');
  let rest = '';
  try {
    await pipeline(
      createReadStream(path),
      createGunzip(),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          hash.update(chunk);
          // Whatever is no character of ASCII is in percent encoding.
          const lines = `${rest}${chunk.toString('latin1')}`.split('\n');
          rest = lines.pop() ?? '';
          if (rest.length > longestLine) throw new Error('a line is too long');
          for (const line of lines) await take(line);
        }
      },
      { signal },
    );
  } catch {
    signal.throwIfAborted();
    return false;
  }
  return rest === '' && hash.digest('hex') === sum;
}
