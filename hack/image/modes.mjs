import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives everything below `tree` the modes of an image, independent of the umask, the packages and the checkout: nothing is
 * setuid, setgid or writable by others, except directories with the sticky bit, such as /tmp.
 *
 * @param {string} tree
 */
export async function setModes(tree) {
  const isSticky = ((await lstat(tree)).mode & 0o1000) !== 0;
  await chmod(tree, isSticky ? 0o1777 : 0o755);
  for (const entry of await readdir(tree, { withFileTypes: true })) {
    const path = join(tree, entry.name);
    if (entry.isDirectory()) await setModes(path);
    if (entry.isFile()) await chmod(path, ((await lstat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
