import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What hinders a removal and can be mended: rights that a payload took away, and paths longer than the kernel takes. */
const mendable: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'ENAMETOOLONG']);

/** Bytes of a path from which on a folder is moved up: below the kernel's 4096 by more than the longest name. */
const deep = 2048;

const separator = Buffer.from('/');

/**
 * Removes a directory with all that is in it, also where a payload has taken the owner's rights from its folders, or
 * made them deeper than any path can be long.
 * @throws the error of the file system when something cannot be removed even so.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await remove(path);
  } catch (error) {
    if (!mendable.has(error instanceof Error && 'code' in error ? error.code : undefined)) throw error;
    await unlock(path);
    await remove(path);
  }
}

/** Tries a few times: something that is being killed may still write. */
const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 5 });

/**
 * Gives the rights back and brings deep folders to the top. Links are not followed: `withFileTypes` says what an entry
 * itself is. Names are bytes here: a payload may write others than UTF-8.
 */
async function unlock(root: string): Promise<void> {
  const folders = [Buffer.from(root)];
  let moved = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await chmod(folder, 0o700);
    for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
      if (!entry.isDirectory()) continue;
      let path = Buffer.concat([folder, separator, entry.name]);
      if (path.length > deep) {
        // A folder can be moved only by who may write to it.
        await chmod(path, 0o700);
        const top = Buffer.from(join(root, `.deep-${moved}`));
        moved += 1;
        await rename(path, top);
        path = top;
      }
      folders.push(path);
    }
  }
}
