import { readdirSync, readlinkSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { containerProcesses } from '../../runtime/container-processes.ts';

/** Bytes of one block as `stat` counts. */
const block = 512;

/** What the kernel writes behind the former name of a file that has none any more. */
const mark = ' (deleted)';

/** Open files that are looked at before other work gets its turn, and at most. */
const looks = { slice: 200, most: 20_000 };

/**
 * Bytes on the disk of a directory that only open files take, because their names were deleted: programs make temporary files that way.
 *
 * **Gotchas.** Only such files are asked for their size: any other might lie on a file system that hangs. What is only mapped is not
 * found, nor what lies behind twenty thousand open files.
 * @param leader the container's outer process
 */
export async function deletedFiles(leader: number, directory: string): Promise<number> {
  const places: string[] = [];
  let seen = 0;
  for (const place of openFilesOf(containerProcesses(leader))) {
    if (isDeleted(place)) places.push(place);
    seen += 1;
    if (seen % looks.slice === 0) await nextTurn();
    if (seen === looks.most) break;
  }
  return places.length === 0 ? 0 : await bytesOf(places, (await stat(directory)).dev);
}

async function bytesOf(places: readonly string[], device: number): Promise<number> {
  const sizes = new Map<number, number>();
  for (const place of places) {
    const file = await stat(place).catch(() => undefined);
    if (file?.dev === device && file.nlink === 0 && file.isFile()) sizes.set(file.ino, file.blocks * block);
  }
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function* openFilesOf(pids: readonly number[]): Generator<string> {
  for (const pid of pids) for (const name of namesIn(`/proc/${pid}/fd`)) yield `/proc/${pid}/fd/${name}`;
}

/** The process may have ended. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** It may just be closed. */
function isDeleted(place: string): boolean {
  try {
    return readlinkSync(place).endsWith(mark);
  } catch {
    return false;
  }
}
