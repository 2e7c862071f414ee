import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own, in memory, that is soon full. Mounting one needs root. */
export class SmallVolume {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param megabytes its size */
  static async mount(megabytes: number): Promise<SmallVolume> {
    const path = await mkdtemp(join(tmpdir(), 'glidein-volume-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
    return new SmallVolume(path);
  }

  async resize(megabytes: number): Promise<void> {
    await run('mount', ['-o', `remount,size=${megabytes}m`, this.path]);
  }

  /** What somebody else puts there, until not a byte is left. */
  async fill(): Promise<void> {
    const file = await open(this.#foreign, 'a');
    try {
      for (;;) await file.appendFile(Buffer.alloc(2 ** 20));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      await file.close();
    }
  }

  /** Of what somebody else has put there these bytes go again. */
  async drain(bytes: number): Promise<void> {
    const { size } = await stat(this.#foreign);
    await truncate(this.#foreign, Math.max(0, size - bytes));
  }

  get #foreign(): string {
    return join(this.path, 'foreign');
  }

  async unmount(): Promise<void> {
    await run('umount', ['-l', this.path]);
    await rm(this.path, { recursive: true, force: true });
  }
}
