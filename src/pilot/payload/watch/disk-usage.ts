import { lstatSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GlideinError } from '#base/error.ts';
import { type FolderEntry, folderEntries } from '../../runtime/folder-entries.ts';

/** Milliseconds after which other work gets its turn. */
const slice = 5;

/** Bytes of one block as `stat` counts, whatever the file system. */
const block = 512;

const separator = Buffer.from('/');

/**
 * Bytes that a directory takes on the disk. Holes in files do not count, and a file with several names counts once. What
 * vanishes meanwhile counts as nothing.
 *
 * **Gotchas.** Most payloads have a handful of files, and asking for each in a thread costs ten times as much. Names are bytes here, because a payload may use names that are not UTF-8. And folders may lie so deep that
 * the kernel accepts no path to what is in them: then nothing can be counted, and nothing must be taken for zero.
 * @throws GlideinError TooLarge when folders lie that deep
 */
export async function diskUsage(directory: string): Promise<number> {
  const folders = [Buffer.from(directory)];
  const linked = new Set<number>();
  let bytes = 0;
  let begun = performance.now();
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = Buffer.concat([folder, separator, entry.name]);
      if (entry.isDirectory()) folders.push(path);
      bytes += ownBytes(path, linked);
      if (performance.now() - begun < slice) continue;
      await nextTurn();
      begun = performance.now();
    }
  }
  return bytes;
}

/** @param linked the files with several names that were counted already */
function ownBytes(path: Buffer, linked: Set<number>): number {
  const found = counted(() => lstatSync(path));
  if (found === undefined) return 0;
  if (found.nlink === 1 || found.isDirectory()) return found.blocks * block;
  if (linked.has(found.ino)) return 0;
  linked.add(found.ino);
  return found.blocks * block;
}

/** A folder that cannot be read counts without its content. */
function* entriesOf(folder: Buffer): Generator<FolderEntry> {
  try {
    yield* folderEntries(folder);
  } catch (error) {
    uncounted(error);
  }
}

function counted<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    return uncounted(error);
  }
}

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
