import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Entries that are looked at in one go before others have their turn. */
const slice = 200;

/** Bytes of one block, as `stat` counts them whatever the file system is. */
const block = 512;

/**
 * Bytes that a directory takes of the disk, holes of files left out, a file with several names counted once. What
 * vanishes meanwhile counts as nothing.
 */
export async function diskUsage(directory: string): Promise<number> {
  const folders = [directory];
  const linked = new Set<number>();
  let bytes = 0;
  let seen = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of await entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      bytes += await ownBytes(path, linked);
      seen += 1;
      if (seen % slice === 0) await nextTurn();
    }
  }
  return bytes;
}

/** @param linked the files with several names that were counted already */
async function ownBytes(path: string, linked: Set<number>): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return 0;
  if (found.nlink === 1 || found.isDirectory()) return found.blocks * block;
  if (linked.has(found.ino)) return 0;
  linked.add(found.ino);
  return found.blocks * block;
}

/** A folder that cannot be read counts with itself alone. */
const entriesOf = async (folder: string) => await opendir(folder).catch(() => []);
