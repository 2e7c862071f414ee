import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { ProcessLock } from '#base/process-lock.ts';
import { syncDirectory } from '#base/sync-directory.ts';
import { systemCode } from '#base/system-error.ts';
import { isHost, isRepository } from '../registry/reference.ts';
import { linkDurably, syncTree, writeDurably } from './durable.ts';
import { type ImageRecord, imageRecord } from './image-record.ts';
import { moveTree, removeTree } from './move-tree.ts';
import { removeFiles } from './remove-files.ts';
import type { StagedImage } from './staged-image.ts';

/** A name under which an image is published. */
export interface PublishedName {
  /** Below the directory, such as `docker.io/library/debian:12`. */
  readonly name: string;
  /** The digest of the image that it leads to; undefined if it leads to none. */
  readonly digest: string | undefined;
}

/**
 * A directory of expanded images, as pilots read it.
 *
 * | path                          | what                                                                          |
 * |-------------------------------|-------------------------------------------------------------------------------|
 * | `REGISTRY/ORG/NAME:TAG`       | a relative link to the image that this tag leads to                            |
 * | `.images/sha256/AB/DIGEST`    | an image; complete, durable and never changed once it is there                 |
 * | `.images/…/DIGEST.json`       | its record, which came before it                                               |
 * | `.images/…/DIGEST.list.gz`    | the list of its contents                                                       |
 * | `.staging/`                   | what is being made, or deleted                                                 |
 * | `.lock`                       | held by the one process that changes something here                            |
 *
 * A link is set last and replaced at once, so it leads to a complete image at every moment; a payload that has followed it keeps
 * its image when the tag moves.
 */
export class ImageDirectory {
  readonly path: string;
  readonly #own: string;
  readonly #lock: ProcessLock;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, own: string, lock: ProcessLock) {
    this.path = path;
    this.#own = own;
    this.#lock = lock;
  }

  /**
   * Opens a directory in order to change it, and clears away what a process has left that was killed.
   * @param own the directory of the lock and of what is being made; on another file system, trees are copied
   * @throws GlideinError Conflict while another process changes it
   */
  static async open(path: string, own: string = path): Promise<ImageDirectory> {
    await makeFolders(own);
    const lock = ProcessLock.take(join(own, '.lock'));
    if (lock === undefined)
      throw new GlideinError('Conflict', `another process is changing the images in ${path}`, {
        cure: 'try again when it has finished',
      });
    await removeFiles(join(own, '.staging'));
    await makeFolders(join(own, '.staging'));
    return new ImageDirectory(path, own, lock);
  }

  close(): void {
    this.#lock.release();
  }

  /** A path for something new that is not to be seen yet. */
  newStagingPath(): string {
    return join(this.#own, '.staging', randomUUID());
  }

  /** Makes a change, after the one before: see `ImageTarget`. */
  async change<T>(work: (images: ImageDirectory) => Promise<T>, signal: AbortSignal): Promise<T> {
    const done = this.#last.then(async () => {
      signal.throwIfAborted();
      return await work(this);
    });
    this.#last = done.catch(() => undefined);
    return await done;
  }

  /** The directory of an image, whether it is there or not. */
  pathOf(digest: string): string {
    return imagePath(this.path, digest);
  }

  async has(digest: string): Promise<boolean> {
    return await isDirectory(this.pathOf(digest));
  }

  /** The digest of the image to which a name leads. */
  async digestOf(name: string): Promise<string | undefined> {
    return await linkedDigest(this.path, name);
  }

  /** Takes in a complete image. @returns whether it has: it may have come in another way meanwhile */
  async add({ tree, contents, record }: StagedImage): Promise<boolean> {
    const path = this.pathOf(record.digest);
    if (await this.has(record.digest)) return false;
    await syncTree(tree);
    await makeFolders(dirname(path));
    await moveTree(contents, `${path}.list.gz`);
    await writeDurably(`${path}.json`, `${JSON.stringify(record, null, 2)}\n`);
    await moveTree(tree, path);
    await syncDirectory(dirname(path));
    return true;
  }

  /** Lets a name lead to an image that is there. */
  async link(name: string, digest: string): Promise<void> {
    const path = join(this.path, name);
    await makeFolders(dirname(path));
    await linkDurably(path, relative(dirname(path), this.pathOf(digest)));
  }

  /** @returns whether there was such a name */
  async unlink(name: string): Promise<boolean> {
    const path = join(this.path, name);
    try {
      await readlink(path);
    } catch {
      return false;
    }
    await rm(path);
    await syncDirectory(dirname(path));
    return true;
  }

  /** Removes an image: at once from where it is seen, and then from the disk. */
  async remove(digest: string): Promise<void> {
    const path = this.pathOf(digest);
    const staged = this.newStagingPath();
    await removeTree(path, staged);
    await syncDirectory(dirname(path));
    await Promise.all([rm(`${path}.json`, { force: true }), rm(`${path}.list.gz`, { force: true })]);
    await removeFiles(staged);
  }
}

/** The directory of an image. */
export const imagePath = (directory: string, digest: string): string => {
  const hex = digest.slice('sha256:'.length);
  return join(directory, '.images', 'sha256', hex.slice(0, 2), hex);
};

/**
 * The names under which images are published in a directory, in alphabetical order.
 *
 * **Gotchas.** Somebody may have put expanded images there by hand. Those are none of ours, and thousands of directories lie in them.
 */
export async function publishedNames(directory: string): Promise<readonly PublishedName[]> {
  const names: PublishedName[] = [];
  const look = async (below: string): Promise<void> => {
    const entries = await entriesOf(join(directory, below));
    if (entries.some((entry) => entry.name === '.singularity.d')) return;
    for (const entry of entries) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && mayHoldNames(name)) await look(name);
      const digest = entry.isSymbolicLink() ? await digestBehind(join(directory, name)) : undefined;
      if (digest !== undefined)
        names.push({ name, digest: (await isDirectory(imagePath(directory, digest))) ? digest : undefined });
    }
  };
  await look('');
  return names;
}

async function entriesOf(path: string): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(none);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A registry's name has a dot or a colon. What lies below it is part of a repository's name, however many parts that has. */
function mayHoldNames(name: string): boolean {
  const [registry = '', ...parts] = name.split('/');
  const isRegistry = !registry.startsWith('.') && isHost(registry);
  return isRegistry && (parts.length === 0 || isRepository(parts.join('/')));
}

/** The digest that a link of ours names, whether or not there is such an image. */
async function digestBehind(path: string): Promise<string | undefined> {
  const target = await readlink(path).catch(() => '');
  const [, hex] = /\.images\/sha256\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(target) ?? [];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

/** The digest of the image to which a name leads; undefined if there is no such name, or no such image. */
export async function linkedDigest(directory: string, name: string): Promise<string | undefined> {
  const digest = await digestBehind(join(directory, name));
  return digest !== undefined && (await isDirectory(imagePath(directory, digest))) ? digest : undefined;
}

/** The digests of all images in a directory, linked or not. */
export async function imageDigests(directory: string): Promise<readonly string[]> {
  const all = join(directory, '.images', 'sha256');
  const folders = await readdir(all).catch(none);
  const found = await Promise.all(
    folders.map(async (folder) => await readdir(join(all, folder), { withFileTypes: true })),
  );
  return found
    .flat()
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{64}$/.test(entry.name))
    .map((entry) => `sha256:${entry.name}`)
    .sort();
}

const none = (error: unknown): [] => {
  if (systemCode(error) === 'ENOENT') return [];
  throw error;
};

/** The record of an image; undefined if it is missing or cannot be read. */
export async function recordOf(directory: string, digest: string): Promise<ImageRecord | undefined> {
  try {
    return imageRecord.parse(JSON.parse(await readFile(`${imagePath(directory, digest)}.json`, 'utf8')));
  } catch {
    return undefined;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
