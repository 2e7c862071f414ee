import { existsSync, statSync } from 'node:fs';
import { describeError, GlideinError } from '#base/error.ts';
import { markOf } from './mark.ts';

/** SQLITE_CORRUPT and SQLITE_NOTADB; the upper bits of a code say more. */
const damageCodes: ReadonlySet<number> = new Set([11, 26]);

const cure =
  'put back a backup with `glidein pool restore`; `glidein pool check` says what is damaged, and changes nothing';

/** The error for people if SQLite found that the file is damaged, or is no database. */
export function asDamage(error: unknown, file: string): GlideinError | undefined {
  const { errcode } = error as { errcode?: number };
  if (errcode === undefined || !damageCodes.has(errcode & 0xff)) return undefined;
  return new GlideinError('StoreFailed', `${file} is damaged: ${describeError(error)}`, {
    cause: error,
    cure,
  });
}

/**
 * SQLite would begin a new database if the file is gone or empty. It had a queue if there is a mark beside it, or a log.
 * @throws GlideinError StoreFailed
 */
export function requireNotLost(file: string): void {
  if (bytesIn(file) > 0) return;
  const trace = [markOf(file), `${file}-wal`].find((beside) => bytesIn(beside) > 0);
  if (trace === undefined) return;
  const what = existsSync(file) ? 'is empty' : 'is missing';
  throw new GlideinError('StoreFailed', `${file} ${what}, although ${trace} shows that it had a queue`, {
    cure: `put back a backup with \`glidein pool restore\`, or remove ${trace} to begin with an empty queue`,
  });
}

const bytesIn = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
