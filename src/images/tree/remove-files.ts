import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Removes a file, or a tree of any size and depth.
 *
 * **Gotchas.** Node's own way reads each directory as a whole and has all that is in it in work at once: a directory with some hundreds of
 * thousands of files takes more memory than a publisher has.
 */
export async function removeFiles(path: string): Promise<void> {
  await promisify(execFile)('rm', ['-rf', '--', path]);
}
