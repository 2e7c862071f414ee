import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { type InputStamps, stampOf } from './stage-inputs.ts';

/** A file to bring back: where it lies and what it is called for the job's owner. */
export interface OutputFile {
  readonly name: string;
  readonly path: string;
  readonly executable: boolean;
}

export interface OutputWish {
  readonly named: readonly string[] | undefined;
  readonly preservePaths: boolean;
  readonly inputs: InputStamps;
}

/** Files that one job may bring back: what `finished` may list. */
const mostOutputs = 10_000;

/**
 * What a payload leaves to its owner. Named entries: each must exist, directories are walked, and an entry loses its
 * folders unless paths are preserved, as with HTCondor's transfer_output_files. Without names: the new and changed
 * files of the top level, directories not, as HTCondor does. A link is followed only if it stays in the job's
 * directory: the payload must not reach the pilot's files. To be called when nothing of the payload lives.
 * @throws GlideinError NotFound, Forbidden or TooLarge that names the entry.
 */
export async function findOutputs(directory: string, wish: OutputWish): Promise<OutputFile[]> {
  const root = await realpath(directory);
  const files = wish.named === undefined ? await changed(root, wish.inputs) : await named(root, wish);
  const unique = [...new Map(files.map((file) => [file.name, file])).values()];
  if (unique.length > mostOutputs) {
    throw new GlideinError(
      'TooLarge',
      `the job leaves ${unique.length} output files, more than ${mostOutputs}`,
      {
        cure: 'pack them into an archive',
      },
    );
  }
  return unique;
}

async function changed(root: string, inputs: InputStamps): Promise<OutputFile[]> {
  const names = (await readdir(root)).sort();
  const found = await Promise.all(
    names.map(async (name): Promise<OutputFile | undefined> => {
      const path = await realpath(join(root, name)).catch(() => undefined);
      if (path === undefined || !isBelow(path, root)) return undefined;
      const seen = await stat(path);
      if (!seen.isFile() || inputs.get(name) === stampOf(seen)) return undefined;
      return { name, path, executable: isExecutable(seen.mode) };
    }),
  );
  return found.filter((file) => file !== undefined);
}

async function named(root: string, wish: OutputWish): Promise<OutputFile[]> {
  const files: OutputFile[] = [];
  for (const entry of wish.named ?? []) {
    const inside = relativeEntry(entry);
    const path = await realpath(join(root, inside)).catch(() => undefined);
    if (path === undefined) throw new GlideinError('NotFound', `the job did not make its output "${entry}"`);
    if (path !== root && !isBelow(path, root)) throw outside(entry);
    const kept = wish.preservePaths ? inside : basename(inside);
    // `dir/` brings the content of the directory, `dir` brings the directory.
    await walk(path, entry.endsWith('/') ? '' : kept, files);
  }
  return files;
}

/** Entries may be written as the payload sees them: below `/srv`. */
function relativeEntry(entry: string): string {
  const inside = entry.replace(/^\/srv(\/|$)/, '').replace(/\/+$/, '');
  if (inside.startsWith('/') || inside.split('/').includes('..')) throw outside(entry);
  return inside;
}

const outside = (entry: string) =>
  new GlideinError('Forbidden', `the output "${entry}" does not lie in the job's directory`, {
    cure: 'write a path relative to it, such as results/out.dat',
  });

/** Links inside of directories are not followed: they may point anywhere, also in circles. */
async function walk(path: string, name: string, files: OutputFile[]): Promise<void> {
  const seen = await lstat(path);
  if (seen.isFile()) {
    files.push({ name: name === '' ? basename(path) : name, path, executable: isExecutable(seen.mode) });
  } else if (seen.isDirectory()) {
    for (const child of (await readdir(path)).sort()) {
      await walk(join(path, child), name === '' ? child : `${name}/${child}`, files);
    }
  }
}

const isExecutable = (mode: number) => (mode & 0o100) !== 0;

function isBelow(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== '' && !way.startsWith('../') && way !== '..';
}
