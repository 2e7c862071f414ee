import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { GlideinError } from '#base/error.ts';

/** The largest file that the spool takes, in bytes. */
export const maxBlobBytes = 10 * 2 ** 30;

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
    await rm(join(directory, 'incoming'), { recursive: true, force: true });
    await mkdir(join(directory, 'incoming'), { recursive: true });
    return new Blobs(directory);
  }

  /** Size in bytes, or undefined when it is not there. */
  async size(digest: string): Promise<number | undefined> {
    try {
      return (await stat(this.#path(digest))).size;
    } catch {
      return undefined;
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
   * @throws GlideinError InvalidArgument when the content has another digest, TooLarge above {@link maxBlobBytes}
   */
  async put(digest: string, content: Readable): Promise<void> {
    const path = this.#path(digest);
    const part = join(this.#directory, 'incoming', randomUUID());
    const file = await open(part, 'wx', 0o640);
    try {
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of content as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > maxBlobBytes)
          throw new GlideinError('TooLarge', `a file may have ${maxBlobBytes} bytes at most`);
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      const came = `sha256:${hash.digest('hex')}`;
      if (came !== digest)
        throw new GlideinError('InvalidArgument', `the content has the digest ${came}, not ${digest}`);
      await file.sync();
      await mkdir(dirname(path), { recursive: true });
      await rename(part, path);
      await syncDirectory(dirname(path));
    } finally {
      await file.close();
      await rm(part, { force: true });
    }
  }

  #path(digest: string): string {
    const hex = digest.slice('sha256:'.length);
    return join(this.#directory, 'blobs', hex.slice(0, 2), hex);
  }
}

/** A rename is durable only once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
