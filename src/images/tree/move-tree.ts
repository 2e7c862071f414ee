import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemCode } from '#base/system-error.ts';
import { removeFiles } from './remove-files.ts';

/** Moves a tree to where nothing is, at once: from another file system, it is copied beside its place before. */
export async function moveTree(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    requireOther(error);
    const beside = join(dirname(to), `.new-${basename(to)}`);
    await removeFiles(beside);
    // Names in an image are bytes, which Node's own way to copy trees does not keep.
    await promisify(execFile)('cp', ['-RPp', from, beside]);
    await rename(beside, to);
  }
}

/** Removes a tree: at once from where it is seen, if `aside` is on the same file system, and then from the disk. */
export async function removeTree(path: string, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    requireOther(error);
    await removeFiles(path);
  }
}

/** Overlay file systems also say this of directories that lie in their lower layer. */
function requireOther(error: unknown): void {
  if (systemCode(error) !== 'EXDEV') throw error;
}
