import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readlink, realpath, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { TransferSpec } from '#spec/transfer.ts';
import { isNodeFault } from '../runtime/node-fault.ts';
import { UrlFailure } from './url-failure.ts';

type Directories = TransferSpec['directories'];

const isBelow = (path: string, directory: string): boolean => path.startsWith(`${directory}/`);

/** The path of a file through a descriptor of it, or of its directory: nobody can put anything else in its place. */
const through = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;

/**
 * Copies the files of file:// URLs, from and to the directories that a group allows.
 *
 * **Gotchas.** Payloads may be able to write to such a directory, and could put a link anywhere while the pilot works: so what
 * was opened is judged, and not its name; and where something is written, no link is followed at all.
 */
export class FileUrls {
  readonly #directories: Directories;
  readonly #hidden: readonly string[];

  /** @param hidden directories of the pilot itself, which may lie in those of the group */
  constructor(directories: Directories, hidden: readonly string[]) {
    this.#directories = directories;
    this.#hidden = hidden;
  }

  /**
   * Copies the file of a URL to the new file `to`.
   * @param most the most bytes that it may have
   * @returns the bytes that it has
   * @throws UrlFailure, errors of the file system
   */
  async fetch(url: string, to: string, most: number, signal: AbortSignal): Promise<number> {
    const path = pathOf(url);
    const directory = this.#directories.find((each) => isBelow(path, each.path));
    if (directory === undefined) throw this.#outside('read');
    // Not blocking: it may be a pipe.
    const from = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(unlessNode(path));
    try {
      const [real, allowed] = await Promise.all([readlink(through(from)), realpath(directory.path)]);
      if (!isBelow(real, allowed) || (await this.#isHidden(real))) throw this.#outside('read');
      const found = await from.stat();
      if (!found.isFile()) throw new UrlFailure(`${path} is not a file`, false);
      if (found.size > most)
        throw new UrlFailure(`it is larger than the ${most} bytes that are left of request_disk`, false);
      const target = await open(to, 'wx', 0o644);
      await pipeline(
        from.createReadStream({ start: 0, end: Math.max(0, found.size - 1), autoClose: false }),
        target.createWriteStream(),
        { signal },
      );
      return found.size;
    } finally {
      await from.close();
    }
  }

  /**
   * Copies a file to a URL: whole or not at all. Makes the folders that are missing.
   * @throws UrlFailure, errors of the file system
   */
  async send(from: string, url: string, signal: AbortSignal): Promise<void> {
    const path = pathOf(url);
    const directory = this.#directories.find((each) => !each.readOnly && isBelow(path, each.path));
    if (directory === undefined) throw this.#outside('write');
    const parts = path
      .slice(directory.path.length)
      .split('/')
      .filter((part) => part !== '');
    const name = parts.pop() ?? '';
    const folder = await openFolder(directory.path, parts);
    const temporary = `${through(folder)}/.glidein-${randomBytes(8).toString('hex')}`;
    try {
      if (await this.#isHidden(await readlink(through(folder)))) throw this.#outside('write');
      const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const target = await open(temporary, 'wx', 0o644).catch(unlessNode(path));
        const content = source.createReadStream({ autoClose: false });
        await pipeline(content, target.createWriteStream({ flush: true }), { signal });
      } finally {
        await source.close();
      }
      await rename(temporary, `${through(folder)}/${name}`).catch(unlessNode(path));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await folder.close();
    }
  }

  /** @param path with all links followed */
  async #isHidden(path: string): Promise<boolean> {
    const hidden = await Promise.all(this.#hidden.map((each) => realpath(each).catch(() => each)));
    return hidden.some((each) => path === each || isBelow(path, each));
  }

  #outside(what: 'read' | 'write'): UrlFailure {
    const paths = this.#directories.filter(({ readOnly }) => what === 'read' || !readOnly);
    const listed = paths.map(({ path }) => path).join(', ');
    const where = listed === '' ? 'no directory' : `only below ${listed}`;
    return new UrlFailure(`the group of the pilot lets jobs ${what} files by file:// ${where}`, false);
  }
}

/** Opens a folder below a directory, and makes what is missing on the way. @throws UrlFailure where there is a link or a file */
async function openFolder(directory: string, parts: readonly string[]): Promise<FileHandle> {
  const shown = unlessNode(`${directory}/${parts.join('/')}`);
  let folder = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  for (const part of parts) {
    const above = folder;
    const path = `${through(above)}/${part}`;
    try {
      await mkdir(path).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) shown(error);
      });
      folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(
        shown,
      );
    } finally {
      await above.close();
    }
  }
  return folder;
}

/** @throws UrlFailure for a URL with another host, or that steps out of its folder */
function pathOf(url: string): string {
  const [, host = '', path = ''] = /^file:\/\/([^/]*)(\/[^?#]*)/i.exec(url) ?? [];
  if (host !== '' && host !== 'localhost') throw new UrlFailure('write file:/// without a host', false);
  if (path === '' || path.endsWith('/') || path.split('/').some((part) => part === '..' || part === '.'))
    throw new UrlFailure('write file:/// and the absolute path of a file, without "." or ".."', false);
  return path.replace(/\/{2,}/g, '/');
}

/** What is wrong with a path is the job's fault, unless it is the node's. */
const unlessNode =
  (path: string) =>
  (error: unknown): never => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (isNodeFault(error)) throw error;
    const why = { ENOENT: 'there is no such file', EACCES: 'the pilot may not use it' }[code] ?? code;
    throw new UrlFailure(`${path}: ${why}`, false);
  };
