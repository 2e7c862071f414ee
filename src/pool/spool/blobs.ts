import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { GlideinError } from '#base/error.ts';
import { maxBlobBytes } from '#wire/file.ts';
import { makeDirectories, syncDirectory } from '../store/durable-files.ts';

/** Bytes between syncs of a long upload: otherwise the last sync might take longer than the client waits for its answer. */
const syncEvery = 256 * 2 ** 20;

/** Bytes of an upload between checks of the free space. */
const checkEvery = 8 * 2 ** 20;

/** A request for a file renews its time stamp if that is older than this; in milliseconds. */
const refreshAfter = 1000;

type Wrote = (bytes: number) => Promise<void>;

interface Sweep {
  /** Epoch milliseconds. */
  readonly before: number;
  readonly keeps: (digest: string) => boolean;
  /** Whether the sweep should end now. */
  readonly isOver: () => boolean;
}

interface Swept {
  readonly removed: number;
  readonly files: number;
  readonly bytes: number;
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

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Opens the spool below `directory` and removes incomplete uploads of an earlier process. That process may have been killed
   * between naming a file and syncing the name, and from now on others rely on what is there.
   */
  static async open(directory: string): Promise<Blobs> {
    const incoming = join(directory, 'incoming');
    await makeDirectories(incoming);
    // The directory itself stays: on a full disk it could not be made again.
    for (const part of await readdir(incoming)) await rm(join(incoming, part), { force: true });
    const blobs = join(directory, 'blobs');
    await makeDirectories(blobs);
    for (const prefix of await readdir(blobs)) await syncDirectory(join(blobs, prefix));
    await syncDirectory(blobs);
    return new Blobs(directory);
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
  async *all(): AsyncGenerator<{ readonly digest: string; readonly size: number }> {
    const root = join(this.#directory, 'blobs');
    for (const prefix of await readdir(root)) {
      for (const hex of await readdir(join(root, prefix))) {
        const found = await stat(join(root, prefix, hex)).catch(() => undefined);
        if (found !== undefined) yield { digest: `sha256:${hex}`, size: found.size };
      }
    }
  }

  /** Removes files that are older than `before` and that `keeps` does not name, and counts the rest. */
  async sweep(sweep: Sweep): Promise<Swept> {
    const swept = { removed: 0, files: 0, bytes: 0 };
    const root = join(this.#directory, 'blobs');
    for (const prefix of await readdir(root)) {
      for (const hex of await readdir(join(root, prefix))) {
        if (sweep.isOver()) return swept;
        const size = await this.#sweepOne(`sha256:${hex}`, sweep);
        if (size === undefined) swept.removed += 1;
        else {
          swept.files += 1;
          swept.bytes += size;
        }
      }
    }
    return swept;
  }

  /** @returns the size of the file if it stays, undefined if it was removed */
  async #sweepOne(digest: string, { before, keeps }: Sweep): Promise<number | undefined> {
    const path = this.#path(digest);
    const { size, mtimeMs } = await stat(path);
    if (mtimeMs >= before || keeps(digest) || this.#used.has(digest)) return size;
    const isGone = await this.#change(digest, this.#removeIfOld(path, before));
    return isGone ? undefined : size;
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

  /** The content, from byte `start` on. @throws GlideinError NotFound */
  async read(digest: string, start = 0): Promise<Readable> {
    if ((await this.size(digest)) === undefined) {
      throw new GlideinError('NotFound', `the spool has no file ${digest}`);
    }
    return createReadStream(this.#path(digest), { start });
  }

  /**
   * Takes in a file; it is on the disk when this resolves.
   * @throws GlideinError InvalidArgument if the content has another digest, TooLarge above {@link maxBlobBytes},
   * NoSpace if the disk is full
   * @param wrote called repeatedly with the number of bytes received so far; throws if there is too little room for more
   * @returns its size in bytes
   */
  async put(digest: string, content: Readable, wrote: Wrote = async () => {}): Promise<number> {
    const path = this.#path(digest);
    const part = join(this.#directory, 'incoming', randomUUID());
    try {
      const size = await this.#write(part, digest, content, wrote);
      await makeDirectories(dirname(path));
      await this.#using(digest, () => this.#change(digest, nameDurably(part, path)));
      return size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new GlideinError('NoSpace', 'the spool of the pool has no room left', { cause: error });
    } finally {
      await rm(part, { force: true });
    }
  }

  async #write(part: string, digest: string, content: Readable, wrote: Wrote): Promise<number> {
    const file = await open(part, 'wx', 0o640);
    try {
      const hash = createHash('sha256');
      let size = 0;
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
          await wrote(size);
          unchecked = 0;
        }
        unsynced += chunk.length;
        if (unsynced < syncEvery) continue;
        await file.datasync();
        unsynced = 0;
      }
      const came = `sha256:${hash.digest('hex')}`;
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
