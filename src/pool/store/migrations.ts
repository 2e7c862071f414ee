import { GlideinError } from '#base/error.ts';
import type { Connection } from './connection.ts';
import { queueAndHistory } from './schema/001-queue-and-history.ts';
import { freshProcs } from './schema/002-fresh-procs.ts';
import { historyColumns } from './schema/003-history-columns.ts';
import { accounts } from './schema/004-accounts.ts';
import { audit } from './schema/005-audit.ts';

/**
 * All steps from an empty file to the newest tables: the first leads to version 1, and so on. To change the tables, add a file
 * to `schema/` and its step at the end. A step that has been released never changes: databases exist that have taken it.
 */
export const migrations: readonly string[] = [queueAndHistory, freshProcs, historyColumns, accounts, audit];

/** The version up to which a step may be applied again, because it creates only what is missing. */
const repeatable = 1;

interface MigrationOptions {
  /** Names the database in errors. */
  readonly file: string;
  /** This program and its version, such as `glidein 0.1.0`; a database remembers who made its tables. */
  readonly program: string;
  /** All steps that this program knows. */
  readonly steps?: readonly string[];
}

/**
 * Brings the tables to the newest version. All steps are one transaction: if there is no room, or the process is killed, the
 * file stays as it was. Nothing is written if there is nothing to do, since a pool must also open on a full disk.
 * @throws GlideinError StoreFailed if the database is not one of a pool, or is of a newer version
 */
export function migrate(
  connection: Connection,
  { file, program, steps = migrations }: MigrationOptions,
): void {
  const version = versionOf(connection, file);
  if (version > steps.length) throw tooNew(connection, { file, program, version, known: steps.length });
  const done = version <= repeatable ? 0 : version;
  connection.transaction(() => {
    for (const step of steps.slice(done)) connection.db.exec(step);
    if (version === steps.length) return;
    connection.set('version', String(steps.length));
    connection.set('program', program);
  });
}

/**
 * 0 for an empty file, or if the process that made it was killed before it wrote the version.
 * @throws GlideinError StoreFailed if it is the database of another program
 */
export function versionOf(connection: Connection, file: string): number {
  const tables = connection.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'");
  if (tables.length === 0) return 0;
  if (tables.some(({ name }) => name === 'meta')) return Number(connection.known('version') ?? 0);
  throw new GlideinError('StoreFailed', `${file} is a database, but not that of a pool`, {
    cure: 'give the pool a directory of its own',
  });
}

interface TooNew extends MigrationOptions {
  readonly version: number;
  readonly known: number;
}

function tooNew(connection: Connection, { file, program, version, known }: TooNew): GlideinError {
  const writer = connection.known('program') ?? 'a newer glidein';
  return new GlideinError(
    'StoreFailed',
    `${file} has schema ${version}, made by ${writer}; this is ${program}, which knows schemas up to ${known}`,
    { cure: `start ${writer} or a later version, or put back a backup from before the upgrade` },
  );
}
