import type { Stats } from 'node:fs';
import { readdirSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GlideinError } from '#base/error.ts';

/** What kind of thing a path names if it is neither a file nor a directory: reading it may never end. */
function endless(found: Stats): string | undefined {
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  if (found.isCharacterDevice() || found.isBlockDevice()) return 'a device';
  return undefined;
}

/**
 * Requires a file that can be read repeatedly and whose size is known beforehand.
 * @throws GlideinError InvalidArgument for pipes, sockets and devices; whatever `stat` throws
 */
export async function requireFile(path: string): Promise<void> {
  const what = endless(await stat(path));
  if (what === undefined) return;
  throw new GlideinError('InvalidArgument', `the input ${path} is ${what}, not a file`, {
    cure: 'write its output to a file first; nothing was submitted',
  });
}

/** Whether reading a file that a submit file names will end. */
export const hasEnd = (found: Stats | undefined): boolean =>
  found !== undefined && endless(found) === undefined;

/** The largest submit file, in bytes: room for a million items of a few words each. */
const mostBytes = 256 * 2 ** 20;

/** All of a text that may come from a pipe. @throws GlideinError TooLarge */
export async function readBounded(input: NodeJS.ReadableStream | Readable, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes <= mostBytes) continue;
    throw new GlideinError('TooLarge', `${name} has more than ${mostBytes / 2 ** 20} MiB`, {
      cure: 'name a submit file',
    });
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The size in bytes of a file, or of all files in a directory; undefined for whatever cannot be examined. */
export function sizeOfPath(path: string): number | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() !== true) return found?.size;
    return readdirSync(path).reduce((sum, name) => sum + (sizeOfPath(join(path, name)) ?? 0), 0);
  } catch {
    return undefined;
  }
}
