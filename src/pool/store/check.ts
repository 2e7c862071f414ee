import { statSync } from 'node:fs';
import { GlideinError } from '#base/error.ts';
import { Connection } from './connection.ts';
import { asDamage } from './damage.ts';
import { versionOf } from './migrations.ts';
import { lock } from './opening.ts';

/** What a check found. */
export interface CheckReport {
  /** In SQLite's words; empty if the file is whole. */
  readonly problems: readonly string[];
  readonly schema: number;
  /** How many rows each table has. */
  readonly rows: Readonly<Record<string, number>>;
}

const counted = ['clusters', 'differences', 'jobs', 'history', 'journal', 'events', 'aside'] as const;

/** The most problems that are listed: a file that lost a part has one for each row. */
const mostProblems = 20;

/**
 * Reads a database of a pool completely, indexes included. It changes nothing, except that SQLite completes the file from the
 * log of a pool that was killed.
 *
 * **Gotchas.** It takes about a second for each 500 MB and blocks the thread: it is for a command, not for a pool. A pool that
 * starts reads its queue and its journal anyway, and the history only when somebody asks for it.
 * @throws GlideinError StoreFailed if it is in use or not the database of a pool, NotFound if it is not there
 */
export function checkDatabase(file: string): CheckReport {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0)
    throw new GlideinError('NotFound', `${file} does not exist or is empty`);
  const connection = new Connection(file);
  try {
    lock(connection, { file, synchronous: 'FULL', patience: 0 });
    return read(connection, file);
  } catch (error) {
    throw asDamage(error, file) ?? error;
  } finally {
    connection.close();
  }
}

function read(connection: Connection, file: string): CheckReport {
  const schema = versionOf(connection, file);
  const found = connection.all<{ integrity_check: string }>(`PRAGMA integrity_check(${mostProblems})`);
  const problems = found.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  const rows: Record<string, number> = {};
  if (problems.length === 0) {
    for (const table of counted)
      rows[table] = connection.all<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)[0]?.n ?? 0;
  }
  return { problems, schema, rows };
}
