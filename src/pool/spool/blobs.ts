import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { GlideinError, isCode } from '#base/error.ts';
import { syncDirectory } from '#base/sync-directory.ts';
import { makeDirectories } from '../store/durable-files.ts';
import { BlobsInUse } from './blobs-in-use.ts';
import { isWorthKeeping, PartialUploads } from './partial-uploads.ts';
import { blobPath, type StoredFile, storedFiles } from './stored-files.ts';
import { type Sweep, type Swept, sweepBlobs } from './sweep-blobs.ts';
import { type Wrote, writeBlob } from './write-blob.ts';

/** A request for a file renews its time stamp if that is older than this; in milliseconds. */
const refreshAfter = 1000;

/** Milliseconds after which nobody writes any more to a file that has not grown. */
const abandonedAfter = 3_600_000;

/** Who uploads a file, and from which byte on. */
interface Upload {
  readonly by: string;
  readonly from: number;
}

/** Whether the sender is gone, or begins in the wrong place, and may come back: anything else would only happen again. */
const mayGoOn = async (error: unknown, content: Readable, part: string): Promise<boolean> =>
  isCode(error, 'Conflict') || (error === content.errored && (await isWorthKeeping(part)));

/**
 * Files by the digest of their content. The content of a name never changes, so a stale execution overwrites nothing. A file
 * is either complete and durable, or not there.
 */
export class Blobs {
  readonly #directory: string;
  readonly #inUse = new BlobsInUse();
  readonly #partial: PartialUploads;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#partial = new PartialUploads(join(directory, 'incoming'));
  }

  /**
   * Opens the spool below `directory` and removes incomplete uploads of an earlier process, except for those that can go on. That
   * process may have been killed between naming a file and syncing the name, and from now on others rely on what is there.
   * @param isShared whether other processes may be writing to it now
   */
  static async open(directory: string, isShared = false): Promise<Blobs> {
    // The directories themselves stay: on a full disk they could not be made again.
    await makeDirectories(join(directory, 'incoming'));
    const names = join(directory, 'blobs');
    await makeDirectories(names);
    for (const prefix of await readdir(names)) await syncDirectory(join(names, prefix));
    await syncDirectory(names);
    const blobs = new Blobs(directory);
    await blobs.#partial.clear(isShared ? Date.now() - abandonedAfter : Number.POSITIVE_INFINITY);
    return blobs;
  }

  /** Bytes that an upload of this user has left when it was cut off: the next one may begin there. */
  partialSize(digest: string, by: string): Promise<number> {
    return this.#partial.size(digest, by);
  }

  /** Bytes that other uploads of this user have left when they were cut off. */
  partialBytesBeside(digest: string, by: string): Promise<number> {
    return this.#partial.bytesBeside(digest, by);
  }

  /**
   * Size in bytes, or undefined if the file is not there. The client may be about to name the file in a job, so its time stamp
   * is renewed.
   */
  size(digest: string): Promise<number | undefined> {
    return this.#inUse.use(digest, async () => {
      try {
        const path = blobPath(this.#directory, digest);
        const { size, mtimeMs } = await stat(path);
        const now = Date.now();
        if (now - mtimeMs > refreshAfter) await utimes(path, now / 1000, now / 1000);
        return size;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    });
  }

  /** All files, in no particular order. One that comes or goes meanwhile may be missing. */
  all(): AsyncGenerator<StoredFile> {
    return storedFiles(this.#directory);
  }

  /** Removes files that are older than `before` and that `keeps` does not name, and counts the rest. */
  async sweep(sweep: Sweep): Promise<Swept> {
    if (sweep.isTrial !== true) await this.#partial.sweep(sweep.before);
    return await sweepBlobs(this.#directory, this.#inUse, sweep);
  }

  /** The content, from byte `start` on, up to and including byte `end`. @throws GlideinError NotFound */
  async read(digest: string, start = 0, end = Number.POSITIVE_INFINITY): Promise<Readable> {
    if ((await this.size(digest)) === undefined) {
      throw new GlideinError('NotFound', `the spool has no file ${digest}`);
    }
    return createReadStream(blobPath(this.#directory, digest), { start, end });
  }

  /**
   * Takes in a file; it is on the disk when this resolves.
   * @throws GlideinError InvalidArgument if the content has another digest, TooLarge above {@link maxBlobBytes},
   * NoSpace if the disk is full; Conflict if it does not begin where an earlier upload stopped
   * @param wrote called repeatedly with the number of bytes received so far; throws if there is too little room for more
   * @returns its size in bytes
   */
  async put(
    digest: string,
    content: Readable,
    wrote: Wrote = async () => {},
    upload?: Upload,
  ): Promise<number> {
    const path = blobPath(this.#directory, digest);
    const own = upload && this.#partial.take(digest, upload.by);
    const part = own ?? join(this.#directory, 'incoming', randomUUID());
    const from = upload?.from ?? 0;
    let isKept = false;
    try {
      const size = await writeBlob(part, { digest, from }, content, wrote);
      await makeDirectories(dirname(path));
      await this.#inUse.use(digest, () => this.#inUse.change(digest, nameDurably(part, path)));
      return size;
    } catch (error) {
      isKept = own !== undefined && (await mayGoOn(error, content, part));
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new GlideinError('NoSpace', 'the spool of the pool has no room left', { cause: error });
    } finally {
      if (!isKept) await rm(part, { force: true });
      if (own !== undefined) this.#partial.giveBack(own);
    }
  }
}

async function nameDurably(part: string, path: string): Promise<void> {
  await rename(part, path);
  await syncDirectory(dirname(path));
  await syncDirectory(dirname(dirname(path)));
}
