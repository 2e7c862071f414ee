import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GlideinError } from '#base/error.ts';
import type { JobInput } from '#submit/attributes/job-inputs.ts';
import { requireFile } from './regular-file.ts';

/** The most input files and empty folders of one job. */
export const mostInputs = 10_000;

/** A file to upload, or an empty folder. */
export interface InputEntry {
  readonly path: string;
  readonly name: string;
  readonly executable: boolean;
  /** The permissions of a file; absent for a folder. */
  readonly mode?: number;
  readonly emptyFolder?: true;
}

/**
 * What an input consists of, as HTCondor transfers it: a file, or everything in a directory. A link stands for the file that
 * it points to; inside a directory, a dangling link is skipped; a link to a directory is refused.
 * @throws GlideinError TooLarge, InvalidArgument; errors of the file system
 */
export async function walkInput(input: JobInput): Promise<InputEntry[]> {
  const { path, name, executable, contents } = input;
  const found = await stat(path);
  if (!found.isDirectory()) {
    await requireFile(path);
    if (contents) throw notAFolder(path);
    const mode = found.mode & 0o777;
    return [
      { path, name, executable: executable || (mode & 0o100) !== 0, mode: executable ? mode | 0o500 : mode },
    ];
  }
  if (!contents && (await lstat(path)).isSymbolicLink()) throw linkToFolder(path);
  const entries: InputEntry[] = [];
  await walk(path, name, entries);
  return entries;
}

async function walk(path: string, name: string, entries: InputEntry[]): Promise<void> {
  const children = await readdir(path, { withFileTypes: true });
  if (children.length === 0 && name !== '')
    add(entries, { path, name, executable: false, emptyFolder: true }, path);
  for (const child of children.sort(byName)) {
    await visit(join(path, child.name), name === '' ? child.name : `${name}/${child.name}`, child, entries);
  }
}

async function visit(path: string, name: string, child: Dirent, entries: InputEntry[]): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (child.isSymbolicLink() && (error.code === 'ENOENT' || error.code === 'ELOOP')) return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (found.isDirectory()) {
    if (child.isSymbolicLink()) throw linkToFolder(path);
    return await walk(path, name, entries);
  }
  await requireFile(path);
  const mode = found.mode & 0o777;
  add(entries, { path, name, executable: (mode & 0o100) !== 0, mode }, path);
}

function add(entries: InputEntry[], entry: InputEntry, path: string): void {
  entries.push(entry);
  if (entries.length > mostInputs) throw tooMany(path);
}

const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : 1);

const tooMany = (path: string) =>
  new GlideinError('TooLarge', `with ${path} a job would have more than ${mostInputs} input files`, {
    cure: 'pack them into a tar file; nothing was submitted',
  });

const notAFolder = (path: string) =>
  new GlideinError('InvalidArgument', `the input ${path}/ is a file, not a directory`, {
    cure: 'leave out the slash; nothing was submitted',
  });

const linkToFolder = (path: string) =>
  new GlideinError(
    'InvalidArgument',
    `the input ${path} is a link to a directory, which HTCondor does not transfer`,
    {
      cure: 'name the directory that it points to, or write a slash at its end; nothing was submitted',
    },
  );

/**
 * What a job gets when inputs have the same name: the later one, and a folder instead of an earlier file.
 * @throws GlideinError TooLarge
 */
export function lastOfEach(entries: readonly InputEntry[]): InputEntry[] {
  const byName = new Map<string, InputEntry>();
  for (const entry of entries) {
    for (let slash = entry.name.indexOf('/'); slash > 0; slash = entry.name.indexOf('/', slash + 1))
      byName.delete(entry.name.slice(0, slash));
    byName.set(entry.name, entry);
  }
  const last = [...byName.values()];
  if (last.length > mostInputs) throw tooMany(last.at(-1)?.path ?? '');
  return last;
}
