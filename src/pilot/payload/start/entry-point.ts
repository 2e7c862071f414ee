import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { notThere } from '../../runtime/node-fault.ts';

/**
 * The program that an expanded image runs by default. For an image of a registry, it contains the entry point and the
 * command, and takes arguments as `docker run` does.
 */
const runscript = '.singularity.d/runscript';

/** Whoever builds an image file puts a program into it: the image's own, or a shell. */
const entryPointInFile = `/${runscript}`;

/** An image at hand. */
export interface NamedImage {
  /** What whoever asked for it calls it: where it lies here is of no use to them. */
  readonly name: string;
  readonly path: string;
  readonly isFile: boolean;
}

/** The program of an image's own, or why there is none. @throws errors of the file system that are the node's fault */
export async function ownProgram({
  name,
  path,
  isFile,
}: NamedImage): Promise<{ readonly program: string } | { readonly reason: string }> {
  const program = isFile ? entryPointInFile : await entryPointOf(path);
  return program === undefined ? { reason: `the image ${name} has no program of its own` } : { program };
}

/**
 * The path of an image's own program inside the container. Undefined: the image has none.
 * @throws errors of the file system that are the node's fault
 */
async function entryPointOf(image: string): Promise<string | undefined> {
  const found = await lstat(join(image, runscript)).catch(notThere);
  // A link points into the container, so its target cannot be checked here.
  const isProgram = found?.isSymbolicLink() || (found?.isFile() && (found.mode & 0o111) !== 0);
  return isProgram ? entryPointInFile : undefined;
}
