import { open } from 'node:fs/promises';
import { backup } from 'node:sqlite';
import { Connection } from './connection.ts';

/** Pages that are copied at a time: an append that comes meanwhile waits for these. */
const pagesAtATime = 64;

/** The single value by which a database knows that it is a copy: the time at which it was made. */
const copiedAt = 'copiedAt';

/**
 * Copies the database while it is being used. The copy contains everything that was durable when it ends.
 *
 * **Gotchas.** SQLite tells a copy that is being made of later writes, but only of those of the same connection; nobody
 * else has one, since the file is locked.
 * @param path a new file
 */
export async function copyDatabase(connection: Connection, path: string): Promise<null> {
  const file = await open(path, 'wx', 0o600);
  let isSyncing = false;
  // The last step syncs the file while appends wait, so it must have little to do. SQLite reports what fails.
  const progress = () => {
    if (isSyncing) return;
    isSyncing = true;
    void file
      .datasync()
      .catch(() => undefined)
      .then(() => {
        isSyncing = false;
      });
  };
  try {
    await backup(connection.db, path, { rate: pagesAtATime, progress });
    await file.sync();
  } finally {
    await file.close();
  }
  markAsCopy(path);
  return null;
}

/**
 * Makes a database known as a copy: whoever opens it in place of the original begins a new generation, even if no mark is
 * beside it, or one that fits.
 */
export function markAsCopy(path: string): void {
  const copy = new Connection(path);
  try {
    copy.db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL');
    copy.set(copiedAt, new Date().toISOString());
  } finally {
    copy.close();
  }
}

/** Whether this database was a copy until now; it is the original once `forgetCopy` is stored. */
export const isCopy = (connection: Connection): boolean => connection.known(copiedAt) !== undefined;

export function forgetCopy(connection: Connection): void {
  connection.prepared('DELETE FROM meta WHERE name = ?').run(copiedAt);
}
