import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes a directory with all that is in it, also where a payload has taken the owner's rights from its folders.
 * @throws the error of the file system when something cannot be removed even so.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await remove(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    await unlock(path);
    await remove(path);
  }
}

/** Tries a few times: something that is being killed may still write. */
const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 5 });

/** Links are not followed: `withFileTypes` says what an entry itself is. */
async function unlock(directory: string): Promise<void> {
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await unlock(join(directory, entry.name));
  }
}
