import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GlideinError, isCode } from '#base/error.ts';
import type { PoolClient } from './pool-client.ts';
import { atMost, EndlessBody } from './read-body.ts';

/** `sha256:…` of a file's content, and its size. */
export async function digestFile(path: string): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

/** Brings a file into the pool's spool, unless its content is there already. It is durable when this resolves. */
export async function uploadBlob(
  client: PoolClient,
  path: string,
  signal?: AbortSignal,
): Promise<{ digest: string; size: number }> {
  const { digest, size } = await digestFile(path);
  if (await hasBlob(client, digest, signal)) return { digest, size };
  const answer = await client.raw(`/v1/blobs/${digest}`, {
    method: 'PUT',
    // If the file grows meanwhile, only what was measured is sent.
    body: size === 0 ? undefined : createReadStream(path, { end: size - 1 }),
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
    signal,
  });
  await answer.body.dump();
  return { digest, size };
}

/**
 * Asks the pool for room before the first of many files is sent.
 * @throws GlideinError NoSpace when the pool has no room for that many bytes
 */
export async function requireRoom(client: PoolClient, bytes: number, signal?: AbortSignal): Promise<void> {
  try {
    const answer = await client.raw('/v1/room', { query: { bytes: String(bytes) }, signal });
    await answer.body.dump();
  } catch (error) {
    // An older pool does not know this question; it refuses single files.
    if (!isCode(error, 'NotFound')) throw error;
  }
}

export async function hasBlob(client: PoolClient, digest: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const answer = await client.raw(`/v1/blobs/${digest}`, { method: 'HEAD', signal });
    await answer.body.dump();
    return true;
  } catch (error) {
    if (error instanceof GlideinError && (error.code === 'NotFound' || error.code === 'Unavailable'))
      return false;
    throw error;
  }
}

/** A file as the pool keeps it: its digest, and its size in bytes. */
export interface Blob {
  readonly digest: string;
  readonly size: number;
}

/**
 * Writes the content of a blob to `path`. The file appears whole or not at all.
 * @param options `modifiedAt`: the modification time of the file, in epoch milliseconds
 * @throws GlideinError NotFound; Unavailable when the connection breaks; InvalidMessage when the pool sends another content;
 *   the kernel's error when the file cannot be written
 */
export async function downloadBlob(
  client: PoolClient,
  { digest, size }: Blob,
  path: string,
  options: { mode?: number; modifiedAt?: number | undefined; signal?: AbortSignal } = {},
): Promise<void> {
  // The name is not derived from the file's own, which may be as long as names can be.
  const part = join(dirname(path), `.${randomUUID()}.part`);
  const answer = await client.raw(`/v1/blobs/${digest}`, { signal: options.signal });
  let broken: unknown;
  answer.body.once('error', (error) => {
    broken = error;
  });
  try {
    await pipeline(atMost(answer.body, size), createWriteStream(part, { mode: options.mode ?? 0o644 }));
    const came = await digestFile(part);
    if (came.digest !== digest) throw wrongContent(digest, `the pool sent ${came.digest}`);
    if (options.modifiedAt !== undefined)
      await utimes(part, options.modifiedAt / 1000, options.modifiedAt / 1000);
    await rename(part, path);
  } catch (error) {
    if (error instanceof EndlessBody) throw wrongContent(digest, `the pool sent more than its ${size} bytes`);
    if (error === broken && !options.signal?.aborted) throw await client.whyAway(error);
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}

const wrongContent = (digest: string, what: string) =>
  new GlideinError('InvalidMessage', `${what} for ${digest}`, { cure: 'try again' });

/** Whether `path` is a file of `size` bytes: a cheap test, enough for a cache to which only whole files are added. */
export async function hasFile(path: string, size: number): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size === size;
  } catch {
    return false;
  }
}
