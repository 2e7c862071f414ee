import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Terminal } from '#cli/terminal.ts';
import { defaultState } from '#cli/user-directories.ts';
import { clientTable } from '#config/client-table.ts';
import { resolveSettings } from '#config/setting.ts';

/** The names of the database and of the files in the directory of a pool, and of a backup. */
export const databaseName = 'pool.db';
export const spoolName = 'spool';

/** The database that a path names: a file, or what is in the directory of a pool or of a backup. */
export const databaseAt = (path: string): string =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? join(path, databaseName) : path;

/** The directory of the pool of `glidein up`. */
export function poolDirectoryOf(
  flags: Record<string, string | boolean | undefined>,
  terminal: Pick<Terminal, 'environment' | 'home'>,
): string {
  const { state } = resolveSettings(clientTable, flags, terminal.environment);
  return join(state ?? defaultState(terminal), 'pool');
}
