import { constants, type Stats } from 'node:fs';
import { access, lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, posix, relative } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { type LeftFile, mostOutputs, relativePath } from '#wire/file.ts';
import { notThere } from '../../runtime/node-fault.ts';
import type { OutputFile } from '../../transfer/upload.ts';
import { isPilotsOwn } from '../claim/claim-directory.ts';
import { type InputStamps, stampOf } from '../start/stage-inputs.ts';

interface FoundFile extends OutputFile {
  /** Bytes. */
  readonly size: number;
  /** The same for all names of one file. */
  readonly identity: string;
}

/** Everything that a payload leaves for its owner. */
export interface Outputs {
  readonly files: readonly FoundFile[];
  /** Empty folders. */
  readonly folders: readonly string[];
  /** What does not come back, and why. */
  readonly left: readonly LeftFile[];
}

export interface OutputWish {
  readonly named: readonly string[] | undefined;
  readonly preservePaths: boolean;
  readonly inputs: InputStamps;
}

/** So many files that are left behind are named; of the others, only the number is given. */
const mostLeft = 97;

/**
 * Finds what a payload leaves for its owner, as HTCondor does. If the job names outputs: each entry must exist,
 * directories are walked, and an entry loses its folders unless paths are preserved. Without names: the new and changed
 * files of the top level, but no directories.
 *
 * **Gotchas.** A link comes back as the file that it leads to, and only if that lies in the job's directory: a payload
 * must not reach the pilot's files. Call this only when all processes of the payload are dead.
 * @throws GlideinError NotFound, Forbidden or TooLarge that names the entry
 */
export async function findOutputs(directory: string, wish: OutputWish): Promise<Outputs> {
  const found = new Found(await realpath(directory));
  if (wish.named === undefined) await changed(found, wish.inputs);
  else await named(found, wish);
  return found.all();
}

/** What has been found so far. A later file replaces an earlier one of the same name. */
class Found {
  readonly root: string;
  readonly #files = new Map<string, FoundFile>();
  readonly #folders = new Set<string>();
  readonly #left: LeftFile[] = [];

  constructor(root: string) {
    this.root = root;
  }

  file(name: string, path: string, { mode, size, dev, ino }: Stats): void {
    if (!relativePath.safeParse(name).success) this.leave(name, 'its name is too long');
    else {
      const identity = `${dev} ${ino}`;
      this.#files.set(name, { name, path, executable: (mode & 0o100) !== 0, size, identity });
    }
  }

  folder(name: string): void {
    this.#folders.add(name);
  }

  leave(name: string, reason: string): void {
    this.#left.push({ name: name.slice(0, 4096), reason });
  }

  all(): Outputs {
    const files = [...this.#files.values()];
    if (files.length + this.#folders.size > mostOutputs) {
      throw new GlideinError(
        'TooLarge',
        `the job left ${files.length + this.#folders.size} output files, and no more than ${mostOutputs} are allowed`,
        { cure: 'pack them into an archive' },
      );
    }
    const left = this.#left.slice(0, mostLeft);
    const more = this.#left.length - left.length;
    if (more > 0) left.push({ name: '...', reason: `and ${more} more` });
    return { files, folders: [...this.#folders], left };
  }
}

async function changed(found: Found, inputs: InputStamps): Promise<void> {
  for (const name of (await readdir(found.root)).sort()) {
    if (isPilotsOwn(name)) continue;
    const path = await insideOf(found, join(found.root, name), name);
    if (path === undefined) continue;
    const seen = await stat(path);
    const kind = kindOf(seen);
    if (kind === 'file' && inputs.get(name) !== stampOf(seen)) found.file(name, path, seen);
    else if (kind === 'other') found.leave(name, neither);
    // A folder with an input in it was there before the payload began.
    else if (kind === 'folder' && ![...inputs.keys()].some((input) => input.startsWith(`${name}/`))) {
      found.leave(`${name}/`, 'a folder comes back only if transfer_output_files names it');
    }
  }
}

/** Whether a path is longer than the kernel takes. */
const isTooLong = (path: string): boolean => Buffer.byteLength(path) >= 4096;

const tooDeep = 'its folders lie so deep that no path can reach it';

const neither = 'it is neither a file nor a folder';

async function named(found: Found, wish: OutputWish): Promise<void> {
  const { root } = found;
  for (const entry of wish.named ?? []) {
    const inside = relativeEntry(entry);
    const path = await realpath(join(root, inside)).catch(notThere);
    if (path === undefined)
      throw new GlideinError('NotFound', `the job did not create its output "${entry}"`);
    if (path !== root && !isBelow(path, root)) throw outside(entry);
    const kept = wish.preservePaths ? inside : basename(inside);
    // `dir/` brings the content of the directory, and `dir` the directory itself; `.` has no name of its own.
    await walk(found, path, entry.endsWith('/') || inside === '' ? '' : kept);
  }
}

/** An entry may be written as the payload sees it, below `/srv`. `./a`, `a//b` and `a/./b` are allowed as well. */
function relativeEntry(entry: string): string {
  const inside = entry.replace(/^\/srv(\/|$)/, '');
  if (inside.startsWith('/') || inside.split('/').includes('..')) throw outside(entry);
  return posix.normalize(inside).replace(/\/+$/, '').replace(/^\.$/, '');
}

const outside = (entry: string) =>
  new GlideinError('Forbidden', `the output "${entry}" is not in the job's directory`, {
    cure: 'write a path relative to it, such as results/out.dat',
  });

/** Links to folders are not followed: they may form cycles, and what they lead to comes back anyway. */
async function walk(found: Found, path: string, name: string): Promise<void> {
  const seen = await stat(path);
  if (kindOf(seen) === 'file') return found.file(name === '' ? basename(path) : name, path, seen);
  if (kindOf(seen) === 'other') return found.leave(name === '' ? basename(path) : name, neither);
  const children = await childrenOf(found, path, name);
  if (children.length === 0 && name !== '') found.folder(name);
  for (const child of children) {
    await visit(found, join(path, child), name === '' ? child : `${name}/${child}`);
  }
}

async function childrenOf(found: Found, path: string, name: string): Promise<string[]> {
  try {
    await access(path, constants.R_OK | constants.X_OK);
    const names = (await readdir(path)).sort();
    return path === found.root ? names.filter((child) => !isPilotsOwn(child)) : names;
  } catch (error) {
    notThere(error);
    found.leave(`${name}/`, isTooLong(path) ? tooDeep : 'the job removed the permission to read it');
    return [];
  }
}

async function visit(found: Found, path: string, name: string): Promise<void> {
  const own = await lstat(path).catch(notThere);
  // Without a link, an entry lies where its folder lies. Asking the kernel at each level of a deep tree would take half a minute.
  if (own !== undefined && !own.isSymbolicLink()) return await walk(found, path, name);
  const target = await insideOf(found, path, name);
  if (target === undefined) return;
  if ((await stat(target)).isDirectory()) return found.leave(name, 'it is a link to a folder');
  await walk(found, target, name);
}

/** Where a path leads to inside the job's directory. Notes that it leads nowhere, or outside. */
async function insideOf(found: Found, path: string, name: string): Promise<string | undefined> {
  const target = await realpath(path).catch(notThere);
  if (target === undefined) {
    const isThere = (await lstat(path).catch(notThere)) !== undefined;
    const unreachable = isTooLong(path) ? tooDeep : 'its name is not UTF-8';
    found.leave(name, isThere ? 'its target does not exist' : unreachable);
  } else if (!isBelow(target, found.root)) found.leave(name, "its target is outside the job's directory");
  else return target;
  return undefined;
}

function kindOf(seen: Stats): 'file' | 'folder' | 'other' {
  if (seen.isFile()) return 'file';
  return seen.isDirectory() ? 'folder' : 'other';
}

function isBelow(path: string, root: string): boolean {
  const inside = relative(root, path);
  return inside !== '' && !inside.startsWith('../') && inside !== '..';
}
