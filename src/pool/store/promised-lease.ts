import { readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '#base/sync-directory.ts';
import { writeSynced } from './durable-files.ts';

/**
 * A file that holds the longest lease, in seconds, that some pilot may still count on. A pilot that is out of contact does not
 * hear that its pool was restarted with a shorter lease, and goes on for half of the one that it was promised.
 */
export class PromisedLease {
  readonly #path: string;
  readonly #seconds: number;
  /** The lease that pilots were promised before, in seconds; 0 if none is known. */
  readonly former: number;

  private constructor(path: string, seconds: number, former: number) {
    this.#path = path;
    this.#seconds = seconds;
    this.former = former;
  }

  /**
   * From now on pilots may be promised this many seconds.
   * @throws whatever the file system throws, but not ENOSPC: a pool must start on a full disk
   */
  static async open(path: string, seconds: number): Promise<PromisedLease> {
    const text = await readFile(path, 'utf8').catch(() => '');
    const former = Number.parseFloat(text);
    const promise = new PromisedLease(path, seconds, Number.isFinite(former) ? former : 0);
    if (!(seconds <= former)) await promise.#write();
    return promise;
  }

  /** Nobody counts on the former lease any more. */
  async formerIsOver(): Promise<void> {
    if (this.former > this.#seconds) await this.#write();
  }

  async #write(): Promise<void> {
    const next = `${this.#path}.next`;
    try {
      await rm(next, { force: true });
      await writeSynced(next, Buffer.from(`${this.#seconds}\n`));
      await rename(next, this.#path);
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
