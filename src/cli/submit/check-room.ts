import { GlideinError, isCode } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';
import { digestFile, hasBlob, requireRoom } from '#client/blobs.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { maxBlobBytes } from '#wire/file.ts';

/** Inputs smaller than this are uploaded without asking for room first: if there is none, little effort was wasted. */
const notWorthAsking = 64 * 2 ** 20;

/** A file that travels with jobs. */
export interface Sized {
  readonly path: string;
  readonly size: number;
}

/**
 * Checks whether the pool has room for all input files, before the first of them is uploaded.
 * @param files each once
 * @throws GlideinError TooLarge for a file, NoSpace for all of them; errors of the file system
 */
export async function checkRoom(
  client: PoolClient,
  files: readonly Sized[],
  signal: AbortSignal,
): Promise<void> {
  const large = files.find(({ size }) => size > maxBlobBytes);
  if (large !== undefined) throw tooLarge(large);
  if (sizeOf(files) <= notWorthAsking) return;
  try {
    await requireRoom(client, sizeOf(files), signal);
  } catch (error) {
    if (!isCode(error, 'NoSpace')) throw error;
    // What the pool already has needs no room, but finding out takes as long as reading every file.
    const missing = await missingOf(client, files, signal);
    await requireRoom(client, sizeOf(missing), signal).catch((cause: unknown) => {
      throw isCode(cause, 'NoSpace') ? tooMuch(missing, cause) : cause;
    });
  }
}

const sizeOf = (files: readonly Sized[]): number => files.reduce((sum, { size }) => sum + size, 0);

async function missingOf(
  client: PoolClient,
  files: readonly Sized[],
  signal: AbortSignal,
): Promise<readonly Sized[]> {
  const missing = new Map<string, Sized>();
  for (const file of files) {
    signal.throwIfAborted();
    const { digest } = await digestFile(file.path);
    if (!missing.has(digest) && !(await hasBlob(client, digest, signal))) missing.set(digest, file);
  }
  return [...missing.values()];
}

const tooLarge = ({ path, size }: Sized): GlideinError =>
  new GlideinError(
    'TooLarge',
    `the input ${path} has ${formatBytes(size)}; a file may have at most ${formatBytes(maxBlobBytes)}`,
    { cure: 'split it, or name it by an https:// URL; nothing was submitted' },
  );

function tooMuch(files: readonly Sized[], cause: GlideinError): GlideinError {
  const largest = files.reduce((a, b) => (b.size > a.size ? b : a));
  const sum = `${files.length === 1 ? 'one input' : `${files.length} inputs`} with ${formatBytes(sizeOf(files))}`;
  return new GlideinError(
    'NoSpace',
    `these jobs bring ${sum}, the largest of them ${largest.path} with ${formatBytes(largest.size)}: ${cause.message}`,
    { cause, cure: `name large inputs by https:// URLs, or ${cause.cure}; nothing was submitted` },
  );
}
