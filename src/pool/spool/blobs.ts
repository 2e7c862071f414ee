import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { GlideinError } from '#base/error.ts';
import { makeDirectories, syncDirectory } from './durable-files.ts';

/** The largest file that the spool takes, in bytes. */
export const maxBlobBytes = 10 * 2 ** 30;

/** Bytes between syncs of a long upload: the last sync must not take longer than a client waits for its answer. */
const syncEvery = 256 * 2 ** 20;

/** Bytes of an upload between looks at what is free. */
const checkEvery = 8 * 2 ** 20;

/**
 * Files by the digest of their content. A name never gets another content, so that a stale execution overwrites
 * nothing; a file is there whole and on the disk, or not at all.
 */
export class Blobs {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Opens the spool below `directory` and throws away what an earlier life left half-written. */
  static async open(directory: string): Promise<Blobs> {
    const incoming = join(directory, 'incoming');
    await makeDirectories(incoming);
    // The directory itself stays: on a full disk it could not be made again.
    for (const part of await readdir(incoming)) await rm(join(incoming, part), { force: true });
    await makeDirectories(join(directory, 'blobs'));
    return new Blobs(directory);
  }

  /** Size in bytes, or undefined when it is not there. */
  async size(digest: string): Promise<number | undefined> {
    try {
      return (await stat(this.#path(digest))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
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
   * @throws GlideinError InvalidArgument when the content has another digest, TooLarge above {@link maxBlobBytes},
   * NoSpace when the disk is full
   * @param hasRoom called again and again while the content comes; throws when there is too little room for it
   */
  async put(digest: string, content: Readable, hasRoom: () => Promise<void> = async () => {}): Promise<void> {
    const path = this.#path(digest);
    const part = join(this.#directory, 'incoming', randomUUID());
    try {
      await this.#write(part, digest, content, hasRoom);
      await makeDirectories(dirname(path));
      await rename(part, path);
      await syncDirectory(dirname(path));
      await syncDirectory(dirname(dirname(path)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new GlideinError('NoSpace', 'the spool of the pool has no room left', { cause: error });
    } finally {
      await rm(part, { force: true });
    }
  }

  async #write(part: string, digest: string, content: Readable, hasRoom: () => Promise<void>): Promise<void> {
    const file = await open(part, 'wx', 0o640);
    try {
      const hash = createHash('sha256');
      let size = 0;
      let unsynced = 0;
      let unchecked = 0;
      for await (const chunk of content as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > maxBlobBytes)
          throw new GlideinError('TooLarge', `a file may have ${maxBlobBytes} bytes at most`);
        hash.update(chunk);
        await file.writeFile(chunk);
        unchecked += chunk.length;
        if (unchecked >= checkEvery) {
          await hasRoom();
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
    } finally {
      await file.close();
    }
  }

  #path(digest: string): string {
    const hex = digest.slice('sha256:'.length);
    return join(this.#directory, 'blobs', hex.slice(0, 2), hex);
  }
}
