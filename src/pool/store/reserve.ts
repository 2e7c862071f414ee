import { rmSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';

/** Bytes that are written in one go. */
const chunk = 2 ** 20;

/**
 * Space that is kept for the database: a file that holds nothing. When the disk is full it goes, so that what must
 * still be recorded (results, `rm`) has room, and comes back when there is room again.
 */
export class Reserve {
  readonly #file: string;
  readonly #bytes: number;

  constructor(file: string, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Takes the space unless it is taken already. A disk that has no room keeps none. */
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

  /** Gives the space back. @returns whether there was any */
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
