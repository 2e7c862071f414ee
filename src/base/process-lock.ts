import { DatabaseSync } from 'node:sqlite';

/** SQLite's code for a database that another process has locked. */
const busy = 5;

/**
 * A lock that is released when its process ends, however it ends. Node has no file locks of its own. Those of SQLite are
 * the kernel's, so the pid of a dead process cannot be mistaken for a living one.
 */
export class ProcessLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @returns undefined while another process holds the lock */
  static take(file: string): ProcessLock | undefined {
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      database.exec('BEGIN EXCLUSIVE');
      return new ProcessLock(database);
    } catch (error) {
      database.close();
      if ((error as { errcode?: number }).errcode === busy) return undefined;
      throw error;
    }
  }

  release(): void {
    this.#database.close();
  }
}
