import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './system-error.ts';

/**
 * Makes a folder and those above it that are missing, at a path that somebody else has chosen. Node's own way of doing it
 * never returns where a folder answers that it does not exist to whoever makes one in it, such as /proc.
 * @param mode the permissions of those that are made
 * @throws the system's error, EEXIST or ENOTDIR where something else than a folder is in the way
 */
export async function makeFolders(path: string, mode = 0o777): Promise<void> {
  if ((await make(path, mode)) === undefined) return;
  await makeFolders(dirname(path), mode);
  const still = await make(path, mode);
  if (still !== undefined) throw still;
}

/** @returns the system's error when the folder above is missing, or says that it is; undefined when the folder is there */
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
