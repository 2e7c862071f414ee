import { existsSync } from 'node:fs';
import { describeError, GlideinError } from '#base/error.ts';
import { Connection } from './connection.ts';
import { requireNotLost } from './damage.ts';
import { syncFile } from './durable-files.ts';
import { migrate } from './migrations.ts';
import type { Synchronous } from './store-messages.ts';

/** Milliseconds that a starting pool waits for its predecessor to release the file. */
const lockPatience = 5000;

/** The size to which the file of the write-ahead log shrinks after a large transaction. */
const walBytesKept = 8 * 2 ** 20;

export interface Opening {
  readonly file: string;
  readonly synchronous: Synchronous;
  /** This program and its version, such as `glidein 0.1.0`. */
  readonly program: string;
}

/**
 * Opens the database of a pool, locks it for the life of the process, and brings its tables to the newest version.
 * @throws GlideinError StoreFailed if it is in use, lost, or not one that this program can read; whatever else SQLite throws
 */
export function openDatabase(opening: Opening): Connection {
  requireNotLost(opening.file);
  const connection = new Connection(opening.file);
  try {
    lock(connection, opening);
    syncLog(opening.file);
    migrate(connection, opening);
    return connection;
  } catch (error) {
    // Otherwise the next try would wait for the lock of this one.
    connection.close();
    throw error;
  }
}

/**
 * The previous process may have been killed between writing to the log and syncing it. What stands there is read like
 * everything else, and from now on others rely on it. The first write would sync it too, but a full disk has no room for one.
 *
 * **Gotchas.** To close a file drops all locks of the process on it. SQLite locks the database and not its log.
 */
function syncLog(file: string): void {
  const log = `${file}-wal`;
  if (existsSync(log)) syncFile(log);
}

/**
 * EXCLUSIVE keeps the lock for the life of the process: two pools on one queue would each give away the same job. The
 * kernel releases the lock when the process ends, however it ends, so a successor only has to wait until the old one is gone.
 *
 * **Gotchas.** The pragma must come before anything that reads the file: only then does SQLite keep the index of the log in
 * memory, and not in a file, for which a full disk has no room. Opening an existing database writes nothing.
 * @param patience milliseconds to wait for the lock
 */
export function lock(
  connection: Connection,
  { file, synchronous, patience = lockPatience }: Omit<Opening, 'program'> & { readonly patience?: number },
): void {
  const { db } = connection;
  try {
    db.exec(`PRAGMA busy_timeout = ${patience}; PRAGMA locking_mode = EXCLUSIVE;`);
    // In a database that already has tables, this would be a write.
    if (connection.all('SELECT 1 FROM sqlite_schema').length === 0)
      db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = OFF;
       PRAGMA journal_size_limit = ${walBytesKept};`,
    );
    db.exec('BEGIN IMMEDIATE; COMMIT');
  } catch (cause) {
    if (!/locked|busy/i.test(describeError(cause))) throw cause;
    throw new GlideinError('StoreFailed', `${file} is in use`, { cure: 'end the other pool first', cause });
  }
}
