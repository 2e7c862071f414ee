import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { notThere } from '../../runtime/node-fault.ts';

/**
 * What an expanded image starts by itself: the entry point and the command of an image of a registry are in it too. It takes
 * arguments as `docker run` does.
 */
const runscript = '.singularity.d/runscript';

/**
 * The program of an image as its container finds it; undefined when the image has none.
 * @throws errors of the file system that are the node's fault
 */
export async function entryPointOf(image: string): Promise<string | undefined> {
  const found = await lstat(join(image, runscript)).catch(notThere);
  // A link leads to somewhere in the container, not here.
  const isProgram = found?.isSymbolicLink() || (found?.isFile() && (found.mode & 0o111) !== 0);
  return isProgram ? `/${runscript}` : undefined;
}
