import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './system-error.ts';

/**
 * Makes a folder, and any missing folders above it, at a path that somebody else has chosen.
 *
 * **Gotchas.** Node's own `mkdir` with `recursive` never returns where the parent exists and yet the kernel answers ENOENT,
 * such as in /proc.
 * @param mode the permissions of the folders that are made
 * @throws the system's error; EEXIST or ENOTDIR if something other than a folder is in the way
 */
export async function makeFolders(path: string, mode = 0o777): Promise<void> {
  if ((await make(path, mode)) === undefined) return;
  await makeFolders(dirname(path), mode);
  const still = await make(path, mode);
  if (still !== undefined) throw still;
}

/** @returns the system's error if the parent is missing, or the kernel says so; undefined if the folder exists now */
async function make(path: string, mode: number): Promise<unknown> {
  try {
    await mkdir(path, mode);
    return undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return error;
    if (systemCode(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
    return undefined;
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
