import { lstat, opendir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GlideinError } from '#base/error.ts';

/** Entries that are counted before other work gets its turn. */
const slice = 200;

/** Bytes of one block as `stat` counts, whatever the file system. */
const block = 512;

const separator = Buffer.from('/');

/**
 * Bytes that a directory takes on the disk. Holes in files do not count, and a file with several names counts once. What
 * vanishes meanwhile counts as nothing.
 *
 * **Gotchas.** Names are bytes here, because a payload may use names that are not UTF-8. And folders may lie so deep that
 * the kernel accepts no path to what is in them: then nothing can be counted, and nothing must be taken for zero.
 * @throws GlideinError TooLarge when folders lie that deep
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

/** A folder that cannot be read counts without its content. */
const entriesOf = async (folder: Buffer) => (await openFolder(folder).catch(uncounted)) ?? [];

/** Node can give names as bytes, but its types know that only of `readdir`. */
const openFolder = (folder: Buffer) =>
  opendir(folder, { encoding: 'buffer' as BufferEncoding }) as unknown as Promise<
    AsyncIterable<{ readonly name: Buffer; isDirectory(): boolean }>
  >;

function uncounted(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENAMETOOLONG') {
    throw new GlideinError(
      'TooLarge',
      'the job made folders so deep that no path can reach what is in them',
      {
        cause: error,
      },
    );
  }
  return undefined;
}
