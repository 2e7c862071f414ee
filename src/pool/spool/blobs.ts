import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { GlideinError, isCode } from '#base/error.ts';
import { syncDirectory } from '#base/sync-directory.ts';
import { maxBlobBytes } from '#wire/file.ts';
import { makeDirectories } from '../store/durable-files.ts';
import { isWorthKeeping, PartialUploads } from './partial-uploads.ts';

/** Bytes between syncs of a long upload: otherwise the last sync might take longer than the client waits for its answer. */
const syncEvery = 256 * 2 ** 20;

/** Bytes of an upload between checks of the free space. */
const checkEvery = 8 * 2 ** 20;

/** A request for a file renews its time stamp if that is older than this; in milliseconds. */
const refreshAfter = 1000;

/** Milliseconds after which nobody writes any more to a file that has not grown. */
const abandonedAfter = 3_600_000;

type Wrote = (bytes: number) => Promise<void>;

/** Who uploads a file, and from which byte on. */
interface Upload {
  readonly by: string;
  readonly from: number;
}

/** Whether the sender is gone, or begins in the wrong place, and may come back: anything else would only happen again. */
const mayGoOn = async (error: unknown, content: Readable, part: string): Promise<boolean> =>
  isCode(error, 'Conflict') || (error === content.errored && (await isWorthKeeping(part)));

/** @throws GlideinError Conflict if there are not exactly `size` bytes */
async function hashBeginning(part: string, size: number, hash: Hash): Promise<void> {
  const found = await stat(part).catch(() => undefined);
  if (found?.size !== size)
    throw new GlideinError('Conflict', `${found?.size ?? 0} bytes of this file have come, not ${size}`, {
      cure: 'ask with HEAD where to go on',
    });
  for await (const chunk of createReadStream(part, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
}

interface Sweep {
  /** Epoch milliseconds. */
  readonly before: number;
  readonly keeps: (digest: string) => boolean;
  /** Called for each file that stays. */
  readonly seen?: (digest: string, size: number) => void;
  /** Whether the sweep should end now. */
  readonly isOver: () => boolean;
  /** Count only what would be removed. */
  readonly isTrial?: boolean;
}

/** What a sweep removed, and what it left. */
export interface Swept {
  readonly removed: number;
  readonly removedBytes: number;
  readonly files: number;
  readonly bytes: number;
}

/** A complete file of a spool. */
interface StoredFile {
  readonly digest: string;
  readonly size: number;
  readonly path: string;
}

/** All files of the spool below `directory`, which stays as it is, in no particular order. */
export async function* storedFiles(directory: string): AsyncGenerator<StoredFile> {
  const root = join(directory, 'blobs');
  for (const prefix of await readdir(root)) {
    for (const hex of await readdir(join(root, prefix))) {
      const path = join(root, prefix, hex);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined) yield { digest: `sha256:${hex}`, size: found.size, path };
    }
  }
}

/**
 * Files by the digest of their content. The content of a name never changes, so a stale execution overwrites nothing. A file
 * is either complete and durable, or not there.
 */
export class Blobs {
  readonly #directory: string;
  /** Digests that are being read or uploaded now, and by how many requests. */
  readonly #used = new Map<string, number>();
  /** Digests that are being named or removed now. */
  readonly #changing = new Map<string, Promise<void>>();

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
    return this.#using(digest, async () => {
      try {
        const path = this.#path(digest);
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

  /**
   * Works with a file that no sweep may remove meanwhile. The use is noted before anything is awaited: either the sweep
   * sees it and leaves the file alone, or the work begins after the sweep has removed the file.
   */
  async #using<T>(digest: string, work: () => Promise<T>): Promise<T> {
    this.#used.set(digest, (this.#used.get(digest) ?? 0) + 1);
    try {
      await this.#changing.get(digest);
      return await work();
    } finally {
      const others = (this.#used.get(digest) ?? 1) - 1;
      if (others === 0) this.#used.delete(digest);
      else this.#used.set(digest, others);
    }
  }

  /** All files, in no particular order. One that comes or goes meanwhile may be missing. */
  all(): AsyncGenerator<StoredFile> {
    return storedFiles(this.#directory);
  }

  /** Removes files that are older than `before` and that `keeps` does not name, and counts the rest. */
  async sweep(sweep: Sweep): Promise<Swept> {
    const swept = { removed: 0, removedBytes: 0, files: 0, bytes: 0 };
    if (sweep.isTrial !== true) await this.#partial.sweep(sweep.before);
    const root = join(this.#directory, 'blobs');
    for (const prefix of await readdir(root)) {
      for (const hex of await readdir(join(root, prefix))) {
        if (sweep.isOver()) return swept;
        const { size, isRemoved } = await this.#sweepOne(`sha256:${hex}`, sweep);
        if (isRemoved) {
          swept.removed += 1;
          swept.removedBytes += size;
        } else {
          sweep.seen?.(`sha256:${hex}`, size);
          swept.files += 1;
          swept.bytes += size;
        }
      }
    }
    return swept;
  }

  async #sweepOne(
    digest: string,
    { before, keeps, isTrial }: Sweep,
  ): Promise<{ readonly size: number; readonly isRemoved: boolean }> {
    const path = this.#path(digest);
    const { size, mtimeMs } = await stat(path);
    const stays = mtimeMs >= before || keeps(digest) || this.#used.has(digest);
    if (stays || isTrial === true) return { size, isRemoved: !stays };
    return { size, isRemoved: await this.#change(digest, this.#removeIfOld(path, before)) };
  }

  /** Whoever uses a file waits until its name has appeared durably, or is gone. */
  async #change<T>(digest: string, change: Promise<T>): Promise<T> {
    const over = change.then(
      () => undefined,
      () => undefined,
    );
    this.#changing.set(digest, over);
    try {
      return await change;
    } finally {
      if (this.#changing.get(digest) === over) this.#changing.delete(digest);
    }
  }

  async #removeIfOld(path: string, before: number): Promise<boolean> {
    // An upload or a request may have renewed it in the meantime.
    if ((await stat(path)).mtimeMs >= before) return false;
    await rm(path, { force: true });
    return true;
  }

  /** The content, from byte `start` on, up to and including byte `end`. @throws GlideinError NotFound */
  async read(digest: string, start = 0, end = Number.POSITIVE_INFINITY): Promise<Readable> {
    if ((await this.size(digest)) === undefined) {
      throw new GlideinError('NotFound', `the spool has no file ${digest}`);
    }
    return createReadStream(this.#path(digest), { start, end });
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
    const path = this.#path(digest);
    const own = upload && this.#partial.take(digest, upload.by);
    const part = own ?? join(this.#directory, 'incoming', randomUUID());
    const from = upload?.from ?? 0;
    let isKept = false;
    try {
      const size = await this.#write(part, { digest, from }, content, wrote);
      await makeDirectories(dirname(path));
      await this.#using(digest, () => this.#change(digest, nameDurably(part, path)));
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

  async #write(
    part: string,
    { digest, from }: { readonly digest: string; readonly from: number },
    content: Readable,
    wrote: Wrote,
  ): Promise<number> {
    const hash = createHash('sha256');
    if (from > 0) await hashBeginning(part, from, hash);
    const file = await open(part, from > 0 ? 'a' : 'w', 0o640);
    try {
      let size = from;
      let unsynced = 0;
      let unchecked = 0;
      for await (const chunk of content as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > maxBlobBytes)
          throw new GlideinError('TooLarge', `a file may have at most ${maxBlobBytes} bytes`);
        hash.update(chunk);
        await file.writeFile(chunk);
        unchecked += chunk.length;
        if (unchecked >= checkEvery) {
          await wrote(size - from);
          unchecked = 0;
        }
        unsynced += chunk.length;
        if (unsynced < syncEvery) continue;
        await file.datasync();
        unsynced = 0;
      }
      const came = `sha256:${hash.digest('hex')}`;
      if (came !== digest && from > 0)
        throw new GlideinError('Unavailable', 'what was left of an earlier upload was spoiled', {
          cure: 'send the file again, from its beginning',
        });
      if (came !== digest)
        throw new GlideinError('InvalidArgument', `the content has the digest ${came}, not ${digest}`);
      await file.sync();
      return size;
    } finally {
      await file.close();
    }
  }

  #path(digest: string): string {
    const hex = digest.slice('sha256:'.length);
    return join(this.#directory, 'blobs', hex.slice(0, 2), hex);
  }
}

async function nameDurably(part: string, path: string): Promise<void> {
  await rename(part, path);
  await syncDirectory(dirname(path));
  await syncDirectory(dirname(dirname(path)));
}
