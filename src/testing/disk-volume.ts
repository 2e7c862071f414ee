import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface DiskRoom {
  /** Bytes that are taken, and that are free. */
  readonly used: number;
  readonly free: number;
}

/**
 * A file system of its own in a file on the disk. One in memory would count as memory of whoever writes there, and the kernel
 * cannot take that back. Mounting one needs root.
 */
export class DiskVolume {
  readonly #base: string;
  readonly path: string;

  private constructor(base: string) {
    this.#base = base;
    this.path = join(base, 'volume');
  }

  /**
   * @param files how many files it can take
   * @returns undefined where nothing can be mounted
   */
  static async mount(megabytes: number, files: number): Promise<DiskVolume | undefined> {
    const base = await mkdtemp(join(tmpdir(), 'glidein-disk-'));
    const volume = new DiskVolume(base);
    const file = join(base, 'disk');
    try {
      await writeFile(file, '');
      await truncate(file, megabytes * 2 ** 20);
      await run('mkfs.ext4', ['-q', '-F', '-m', '0', '-N', String(files), '-O', '^has_journal', file]);
      await mkdir(volume.path);
      await run('mount', ['-o', 'loop,noatime,noinit_itable', file, volume.path]);
      return volume;
    } catch {
      await rm(base, { recursive: true, force: true });
      return undefined;
    }
  }

  async room(): Promise<DiskRoom> {
    const { blocks, bfree, bsize } = await statfs(this.path);
    return { used: (blocks - bfree) * bsize, free: bfree * bsize };
  }

  async unmount(): Promise<void> {
    await run('umount', ['-l', this.path]);
    await rm(this.#base, { recursive: true, force: true });
  }
}
