import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { GlideinError } from '#base/error.ts';
import { maxBlobBytes } from '#wire/file.ts';

/** Bytes between syncs of a long upload: otherwise the last sync might take longer than the client waits for its answer. */
const syncEvery = 256 * 2 ** 20;

/** Bytes of an upload between checks of the free space. */
const checkEvery = 8 * 2 ** 20;

/** Called with the bytes that have come so far; throws if there is too little room for more. */
export type Wrote = (bytes: number) => Promise<void>;

/**
 * Writes what comes to a file, behind the first `from` bytes that an earlier upload has left there, and syncs it.
 * @returns the bytes of the whole
 * @throws GlideinError InvalidArgument if the whole has another digest, TooLarge above {@link maxBlobBytes}, Conflict if there
 * are not `from` bytes, Unavailable if those are spoiled
 */
export async function writeBlob(
  part: string,
  { digest, from }: { readonly digest: string; readonly from: number },
  content: Readable,
  wrote: Wrote,
): Promise<number> {
  const hash = createHash('sha256');
  if (from > 0) await hashBeginning(part, from, hash);
  const file = await open(part, from > 0 ? 'a' : 'w', 0o640);
  try {
    let size = from;
    let unsynced = 0;
    let unchecked = 0;
    for await (const chunk of content as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBlobBytes)
        throw new GlideinError('TooLarge', `a file may have at most ${maxBlobBytes} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
      unchecked += chunk.length;
      if (unchecked >= checkEvery) {
        await wrote(size - from);
        unchecked = 0;
      }
      unsynced += chunk.length;
      if (unsynced < syncEvery) continue;
      await file.datasync();
      unsynced = 0;
    }
    const came = `sha256:${hash.digest('hex')}`;
    if (came !== digest && from > 0)
      throw new GlideinError('Unavailable', 'what was left of an earlier upload was spoiled', {
        cure: 'send the file again, from its beginning',
      });
    if (came !== digest)
      throw new GlideinError('InvalidArgument', `the content has the digest ${came}, not ${digest}`);
    await file.sync();
    return size;
  } finally {
    await file.close();
  }
}

/** @throws GlideinError Conflict if there are not exactly `size` bytes */
async function hashBeginning(part: string, size: number, hash: Hash): Promise<void> {
  const found = await stat(part).catch(() => undefined);
  if (found?.size !== size)
    throw new GlideinError('Conflict', `${found?.size ?? 0} bytes of this file have come, not ${size}`, {
      cure: 'ask with HEAD where to go on',
    });
  for await (const chunk of createReadStream(part, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
}
