import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../tree/durable.ts';
import { ImageDirectory } from '../tree/image-directory.ts';
import type { CvmfsServer } from './cvmfs-server.ts';
import type { ImageChange, ImageTarget } from './image-target.ts';

export interface CvmfsTargetOptions {
  /** The directory of the images where the repository is mounted, such as `/cvmfs/images.example.org`. */
  readonly path: string;
  /** A directory on a disk of this machine, for what is being made and for the note of an open transaction. */
  readonly own: string;
  readonly server: Pick<CvmfsServer, 'transaction' | 'publish' | 'abort'>;
}

/** An empty file of this name makes its directory the root of a catalog of its own. */
const catalog = '.cvmfscatalog';

const neverAborted = new AbortController().signal;

/**
 * Images in a repository of CernVM-FS. Each change is one transaction, so clients see it whole or not at all.
 *
 * | transaction   | event                                     | next                                                    |
 * |---------------|-------------------------------------------|---------------------------------------------------------|
 * | none          | a change                                  | noted on the disk, then begun                           |
 * | noted         | `cvmfs_server transaction` fails          | none: the change fails                                  |
 * | open          | the work is done                          | `publish`, then none                                    |
 * | open          | the work fails, or `publish` does         | `abort`, then none: the change fails                    |
 * | noted or open | this process is killed                    | at the next start `abort`, then none                    |
 * | open          | `abort` fails                             | stays noted: aborted before the next change             |
 *
 * A transaction that is open without a note is somebody else's, and is left alone.
 */
export class CvmfsTarget implements ImageTarget {
  readonly #options: CvmfsTargetOptions;
  readonly #images: ImageDirectory;

  private constructor(options: CvmfsTargetOptions, images: ImageDirectory) {
    this.#options = options;
    this.#images = images;
  }

  /**
   * Opens a repository in order to change it, and gives up the transaction of a process that was killed.
   * @throws GlideinError Conflict while another process has it open; Unavailable if a transaction cannot be given up
   */
  static async open(options: CvmfsTargetOptions): Promise<CvmfsTarget> {
    const images = await ImageDirectory.open(options.path, options.own);
    const target = new CvmfsTarget(options, images);
    try {
      await target.#abortNoted();
      return target;
    } catch (error) {
      images.close();
      throw error;
    }
  }

  get path(): string {
    return this.#images.path;
  }

  newStagingPath(): string {
    return this.#images.newStagingPath();
  }

  pathOf(digest: string): string {
    return this.#images.pathOf(digest);
  }

  async has(digest: string): Promise<boolean> {
    return await this.#between((images) => images.has(digest));
  }

  async digestOf(name: string): Promise<string | undefined> {
    return await this.#between((images) => images.digestOf(name));
  }

  /** What lies in the repository during a transaction may still be given up. */
  async #between<T>(look: (images: ImageDirectory) => Promise<T>): Promise<T> {
    return await this.#images.change(async (images) => {
      await this.#abortNoted();
      return await look(images);
    }, neverAborted);
  }

  async change<T>(work: (images: ImageChange) => Promise<T>, signal: AbortSignal): Promise<T> {
    return await this.#images.change(async (images) => {
      await this.#abortNoted();
      await this.#begin();
      try {
        const result = await work(withCatalogs(images));
        await this.#options.server.publish();
        await rm(this.#note);
        return result;
      } catch (error) {
        await this.#abortNoted();
        throw error;
      }
    }, signal);
  }

  close(): void {
    this.#images.close();
  }

  get #note(): string {
    return join(this.#options.own, 'transaction');
  }

  async #begin(): Promise<void> {
    await writeDurably(this.#note, '');
    try {
      await this.#options.server.transaction();
    } catch (error) {
      await rm(this.#note);
      throw error;
    }
  }

  async #abortNoted(): Promise<void> {
    const noted = await access(this.#note).then(
      () => true,
      () => false,
    );
    if (!noted) return;
    await this.#options.server.abort();
    await rm(this.#note);
  }
}

/** Clients load a catalog as a whole, so each image has its own, and all images together have one without their contents. */
const withCatalogs = (images: ImageDirectory): ImageChange => ({
  add: async (staged) => {
    const isNew = await images.add(staged);
    await writeFile(join(images.path, '.images', catalog), '');
    await writeFile(join(images.pathOf(staged.record.digest), catalog), '');
    return isNew;
  },
  has: (digest) => images.has(digest),
  link: (name, digest) => images.link(name, digest),
  unlink: (name) => images.unlink(name),
  remove: (digest) => images.remove(digest),
});
