import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GlideinError, isCode } from '#base/error.ts';
import { uploadOffset } from '#wire/file.ts';
import type { PoolClient } from './pool-client.ts';
import { atMost, EndlessBody } from './read-body.ts';
import { resumed } from './resume.ts';

/** Called with the bytes of a file that are read, first for its digest and then to be sent. */
export type Progress = (bytes: number) => void;

const emptyDigest = `sha256:${createHash('sha256').digest('hex')}`;

/** `sha256:…` of a file's content, and its size. */
export async function digestFile(
  path: string,
  progress?: Progress,
): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  // Most jobs print nothing to at least one of two streams.
  if ((await stat(path)).size === 0) return { digest: emptyDigest, size };
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    size += chunk.length;
    progress?.(size);
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

/**
 * Brings a file into the pool's spool, unless its content is there already. It is durable when this resolves. An upload that was
 * cut off goes on where it stopped, also one of an earlier process, while the pool keeps what it has of it.
 */
export async function uploadBlob(
  client: PoolClient,
  path: string,
  signal?: AbortSignal,
  progress?: Progress,
): Promise<{ digest: string; size: number }> {
  const { digest, size } = await digestFile(path, progress);
  let isThere = false;
  await resumed({
    signal,
    position: async () => {
      const found = await lookFor(client, digest, signal);
      isThere = found.isThere;
      // A part that is as long as the whole can only be spoiled.
      return found.offset < size ? found.offset : 0;
    },
    rest: async (from) => {
      if (isThere) return;
      const content = contentOf(path, { from, size }, (at) => progress?.(size + at));
      await send(client, content, { digest, size, from }, signal);
    },
  });
  return { digest, size };
}

/** If the file grows meanwhile, only what was measured is read. */
async function* contentOf(
  path: string,
  { from, size }: { readonly from: number; readonly size: number },
  progress: Progress,
): AsyncGenerator<Buffer> {
  let at = from;
  for await (const chunk of createReadStream(path, { start: from, end: size - 1 })) {
    at += (chunk as Buffer).length;
    progress(at);
    yield chunk as Buffer;
  }
}

async function send(
  client: PoolClient,
  content: AsyncIterable<Buffer>,
  { digest, size, from }: Blob & { readonly from: number },
  signal: AbortSignal | undefined,
): Promise<void> {
  const answer = await client.raw(`/v1/blobs/${digest}`, {
    method: 'PUT',
    body: size === 0 ? undefined : Readable.from(content, { objectMode: false }),
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(size - from),
      ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${size - 1}/${size}` }),
    },
    signal,
  });
  await answer.body.dump();
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
  return (await lookFor(client, digest, signal)).isThere;
}

/** Whether the pool has a file, and otherwise how many bytes of it have come from the same user; older pools do not tell. */
async function lookFor(
  client: PoolClient,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly isThere: boolean; readonly offset: number }> {
  const answer = await client.raw(`/v1/blobs/${digest}`, { method: 'HEAD', accepts: 404, signal });
  await answer.body.dump();
  const offset = Number(answer.headers[uploadOffset] ?? 0);
  return { isThere: answer.statusCode !== 404, offset: Number.isSafeInteger(offset) ? offset : 0 };
}

/** A file as the pool keeps it: its digest, and its size in bytes. */
export interface Blob {
  readonly digest: string;
  readonly size: number;
}

/**
 * Writes the content of a blob to `path`. The file appears whole or not at all. If the connection breaks, it goes on where it
 * stopped.
 * @param options `modifiedAt`: the modification time of the file, in epoch milliseconds; `job`: whose result it is, for the audit
 * @throws GlideinError NotFound; Unavailable when the connection breaks; InvalidMessage when the pool sends another content;
 *   the kernel's error when the file cannot be written
 */
export async function downloadBlob(
  client: PoolClient,
  { digest, size }: Blob,
  path: string,
  options: { mode?: number; modifiedAt?: number | undefined; signal?: AbortSignal; job?: string } = {},
): Promise<void> {
  // The name is not derived from the file's own, which may be as long as names can be.
  const part = join(dirname(path), `.${randomUUID()}.part`);
  const sizeNow = async () => (await stat(part)).size;
  const { mode, signal, job } = options;
  try {
    await resumed({
      signal,
      position: () => sizeNow().catch(() => 0),
      rest: (from) => receive(client, { digest, size, from }, part, { mode, signal, job }),
    });
    const came = await digestFile(part);
    if (came.digest !== digest) throw wrongContent(digest, `the pool sent ${came.digest}`);
    if (options.modifiedAt !== undefined)
      await utimes(part, options.modifiedAt / 1000, options.modifiedAt / 1000);
    await rename(part, path);
  } catch (error) {
    if (error instanceof EndlessBody) throw wrongContent(digest, `the pool sent more than its ${size} bytes`);
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}

/** Appends the rest of a blob to `part`. */
async function receive(
  client: PoolClient,
  { digest, size, from }: Blob & { readonly from: number },
  part: string,
  {
    mode = 0o644,
    signal,
    job,
  }: { mode?: number | undefined; signal: AbortSignal | undefined; job: string | undefined },
): Promise<void> {
  const headers = from === 0 ? {} : { range: `bytes=${from}-` };
  const answer = await client.raw(`/v1/blobs/${digest}`, { headers, signal, query: { job } });
  // An older pool sends everything again.
  const start = answer.statusCode === 206 ? from : 0;
  let broken: unknown;
  answer.body.once('error', (error) => {
    broken = error;
  });
  try {
    const file = createWriteStream(part, { mode, start, flags: start === 0 ? 'w' : 'r+' });
    await pipeline(atMost(answer.body, size - start), file);
  } catch (error) {
    if (error === broken && !signal?.aborted) throw await client.whyAway(error);
    throw error;
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
