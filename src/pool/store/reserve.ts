import { rmSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';

/** Bytes per write. */
const chunk = 2 ** 20;

/**
 * Space kept for the database: a file of zeros. It is removed when the disk is full, so that there is room to record results
 * and removals, and written again once there is space.
 */
export class Reserve {
  readonly #file: string;
  readonly #bytes: number;

  constructor(file: string, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Writes the file unless it is there. On a full disk there is no reserve. */
  async fill(): Promise<void> {
    const has = await stat(this.#file).then(
      ({ size }) => size,
      () => 0,
    );
    if (has >= this.#bytes) return;
    const part = `${this.#file}.part`;
    try {
      await write(part, this.#bytes);
      await rename(part, this.#file);
    } catch (error) {
      await rm(part, { force: true });
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  /** Removes the file. @returns whether there was one */
  static release(file: string): boolean {
    try {
      rmSync(file);
      return true;
    } catch {
      return false;
    }
  }
}

async function write(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    const zeros = Buffer.alloc(chunk);
    for (let written = 0; written < bytes; written += chunk)
      await file.writeFile(zeros.subarray(0, Math.min(chunk, bytes - written)));
    await file.sync();
  } finally {
    await file.close();
  }
}
