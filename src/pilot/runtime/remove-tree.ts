import { randomUUID } from 'node:crypto';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Errors of a removal that can be overcome: a payload took away permissions, or made paths longer than the kernel takes. */
const mendable: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'ENAMETOOLONG']);

/** A folder with a longer path, in bytes, is moved up. The kernel takes 4096, and a name may have 255. */
const deep = 2048;

const separator = Buffer.from('/');

/**
 * Removes a directory and everything in it, even if a payload has taken away the owner's permissions, or has made folders
 * deeper than any path can reach.
 * @throws the error of the file system when something still cannot be removed
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

/** Tries a few times, because a process that is being killed may still write. */
const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 5 });

/**
 * Restores permissions, and moves deep folders to the top. Links are not followed: `withFileTypes` tells what an entry
 * itself is. Names are bytes, because a payload may use names that are not UTF-8.
 *
 * **Gotchas.** The removal that failed goes on for a while with what it had begun, so anything may vanish meanwhile.
 */
async function unlock(root: string): Promise<void> {
  const folders = [Buffer.from(root)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await chmod(folder, 0o700).catch(unlessGone);
    const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' }).catch(unlessGone);
    for (const entry of entries ?? []) {
      if (!entry.isDirectory()) continue;
      let path = Buffer.concat([folder, separator, entry.name]);
      if (path.length > deep) {
        // Only who may write to a folder can move it.
        await chmod(path, 0o700).catch(unlessGone);
        // A name that nobody can have taken before.
        const top = Buffer.from(join(root, `.deep-${randomUUID()}`));
        await rename(path, top).catch(unlessGone);
        path = top;
      }
      folders.push(path);
    }
  }
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
