import { lstat, opendir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GlideinError } from '#base/error.ts';

/** Entries that are looked at in one go before others have their turn. */
const slice = 200;

/** Bytes of one block, as `stat` counts them whatever the file system is. */
const block = 512;

const separator = Buffer.from('/');

/**
 * Bytes that a directory takes of the disk, holes of files left out, a file with several names counted once. What
 * vanishes meanwhile counts as nothing. Names are bytes here: a payload may write others than UTF-8.
 * @throws GlideinError TooLarge when folders lie so deep that the kernel takes no path to what is in them.
 */
export async function diskUsage(directory: string): Promise<number> {
  const folders = [Buffer.from(directory)];
  const linked = new Set<number>();
  let bytes = 0;
  let seen = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of await entriesOf(folder)) {
      const path = Buffer.concat([folder, separator, entry.name]);
      if (entry.isDirectory()) folders.push(path);
      bytes += await ownBytes(path, linked);
      seen += 1;
      if (seen % slice === 0) await nextTurn();
    }
  }
  return bytes;
}

/** @param linked the files with several names that were counted already */
async function ownBytes(path: Buffer, linked: Set<number>): Promise<number> {
  const found = await lstat(path).catch(uncounted);
  if (found === undefined) return 0;
  if (found.nlink === 1 || found.isDirectory()) return found.blocks * block;
  if (linked.has(found.ino)) return 0;
  linked.add(found.ino);
  return found.blocks * block;
}

/** A folder that cannot be read counts with itself alone. */
const entriesOf = async (folder: Buffer) => (await openFolder(folder).catch(uncounted)) ?? [];

/** Node gives names as bytes; its types know that of `readdir` alone. */
const openFolder = (folder: Buffer) =>
  opendir(folder, { encoding: 'buffer' as BufferEncoding }) as unknown as Promise<
    AsyncIterable<{ readonly name: Buffer; isDirectory(): boolean }>
  >;

function uncounted(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENAMETOOLONG') {
    throw new GlideinError('TooLarge', 'the job made folders so deep that no path leads to what is in them', {
      cause: error,
    });
  }
  return undefined;
}
