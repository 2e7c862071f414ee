import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * The largest files and folders.
 *
 * @param {readonly string[]} trees
 * @returns {Promise<{ path: string, bytes: number }[]>} the eight largest files, the largest first
 */
export async function largest(trees) {
  const files = [];
  for (const tree of trees) {
    for (const entry of await readdir(tree, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.push({ path: `/${relative(tree, path)}`, bytes: (await lstat(path)).size });
    }
  }
  return files.sort((one, other) => other.bytes - one.bytes).slice(0, 8);
}
