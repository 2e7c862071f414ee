import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GlideinError } from '#base/error.ts';
import type { Volume } from '../spool/volume.ts';
import type { Store } from '../store/store.ts';

/** Where copies of the database of this pool are made. */
export const backupsOf = (directory: string): string => join(directory, 'backups');

interface BackupsOptions {
  /** Of the pool. */
  readonly directory: string;
  readonly store: Pick<Store, 'backup' | 'file'>;
  readonly volume: Pick<Volume, 'room'>;
}

/** A copy of the database, to be sent. */
export interface Backup {
  readonly content: Readable;
  readonly bytes: number;
}

/**
 * Copies of the database for whoever keeps backups. SQLite can only copy into a file, so the volume needs as much room again
 * while one is sent; there is one at a time.
 */
export class Backups {
  readonly #options: BackupsOptions;
  #isBusy = false;

  constructor(options: BackupsOptions) {
    this.#options = options;
  }

  /**
   * Makes a copy. Its file is removed once its content was read or destroyed.
   * @throws GlideinError NoSpace, Conflict while another copy is being made or sent
   */
  async make(): Promise<Backup> {
    if (this.#isBusy)
      throw new GlideinError('Conflict', 'another backup is being made', { cure: 'wait until it is done' });
    this.#isBusy = true;
    const path = join(backupsOf(this.#options.directory), `${randomUUID()}.db`);
    const end = async () => {
      this.#isBusy = false;
      await rm(path, { force: true });
    };
    try {
      const bytes = await this.#copy(path);
      const content = createReadStream(path);
      content.once('close', () => void end());
      return { content, bytes };
    } catch (error) {
      await end();
      throw error;
    }
  }

  async #copy(path: string): Promise<number> {
    const { store, volume, directory } = this.#options;
    const room = await volume.room.admit({ owner: 'backups', bytes: await databaseBytes(store.file) });
    try {
      await mkdir(backupsOf(directory), { recursive: true, mode: 0o700 });
      await store.backup(path);
      return (await stat(path)).size;
    } finally {
      await room.end(0);
    }
  }
}

/** Bytes of the database with its log. */
async function databaseBytes(file: string): Promise<number> {
  const sizes = await Promise.all(
    [file, `${file}-wal`].map((each) =>
      stat(each).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
