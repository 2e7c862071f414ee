import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Fewer bytes of an upload that was cut off are not worth keeping. */
const leastKept = 2 ** 20;

/** Whether an upload should go on where this file ends, and not begin again. */
export const isWorthKeeping = async (path: string): Promise<boolean> => (await sizeOf(path)) >= leastKept;

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** When a file was last written, in epoch milliseconds; never if it is gone. */
const writtenAt = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );

const named = /^[0-9a-f]{64}\.[0-9a-f]{32}$/;

/**
 * What uploads that were cut off have left, by the digest that they were to have and by who sends them: nobody goes on with the
 * upload of somebody else, or learns of it.
 */
export class PartialUploads {
  readonly #directory: string;
  /** Files to which a request is writing now. */
  readonly #used = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Removes what was no part of an upload that can go on. @param before epoch milliseconds; what is newer stays */
  async clear(before: number): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      if (!named.test(name) && (await writtenAt(path)) < before) await rm(path, { force: true });
    }
  }

  /** Bytes that can be built upon; 0 if there are none, or if somebody is writing them. */
  async size(digest: string, by: string): Promise<number> {
    const path = this.#path(digest, by);
    if (this.#used.has(path)) return 0;
    const size = await sizeOf(path);
    return size >= leastKept ? size : 0;
  }

  /** Bytes that the cut-off uploads of this user have left, without this digest's and without those that go on now. */
  async bytesBeside(digest: string, by: string): Promise<number> {
    const suffix = `.${hashOf(by)}`;
    const own = this.#path(digest, by);
    let bytes = 0;
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      if (name.endsWith(suffix) && path !== own && !this.#used.has(path)) bytes += await sizeOf(path);
    }
    return bytes;
  }

  /** The file to write to, for this request alone; undefined while another one of the same user writes to it. */
  take(digest: string, by: string): string | undefined {
    const path = this.#path(digest, by);
    if (this.#used.has(path)) return undefined;
    this.#used.add(path);
    return path;
  }

  giveBack(path: string): void {
    this.#used.delete(path);
  }

  /** Removes what has not grown since then. @param before epoch milliseconds */
  async sweep(before: number): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      const at = await writtenAt(path);
      if (!named.test(name) || this.#used.has(path) || at >= before) continue;
      // Whoever took it now would build upon what is about to go.
      this.#used.add(path);
      await rm(path, { force: true }).finally(() => this.#used.delete(path));
    }
  }

  #path(digest: string, by: string): string {
    return join(this.#directory, `${digest.slice('sha256:'.length)}.${hashOf(by)}`);
  }
}

const hashOf = (by: string): string => createHash('sha256').update(by).digest('hex').slice(0, 32);
