import { existsSync } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GlideinError, isCode } from '#base/error.ts';
import { syncDirectory } from '#base/sync-directory.ts';
import { markAsCopy } from './backup.ts';
import { checkDatabase } from './check.ts';
import { Connection } from './connection.ts';
import { lock } from './opening.ts';

interface PutBack {
  /** The copy; a log beside it belongs to it. It stays as it is. */
  readonly from: string;
  readonly to: string;
  /** Where to keep what is at `to` now. */
  readonly keptAs: string;
  /** Whether a database at `to` may be replaced. */
  readonly replaces: boolean;
}

/** The parts of a database: the file and its log. */
const parts = ['', '-wal'] as const;

/**
 * Puts a copy in the place of a database. The pool that opens it begins a new generation, wherever the copy comes from.
 *
 * **Gotchas.** SQLite reads any log that lies beside a database into it: that of one which is gone must not stay there.
 * @returns whether there was anything to keep
 * @throws GlideinError NotFound if there is no copy, StoreFailed if it is damaged, or if a pool uses the database; Conflict if
 * there is one already
 */
export async function putBack({ from, to, keptAs, replaces }: PutBack): Promise<boolean> {
  if (!existsSync(from))
    throw new GlideinError('NotFound', `${from} does not exist`, {
      cure: 'name the directory of a backup, or a copy of a database',
    });
  if (existsSync(to)) {
    requireUnused(to);
    if (!replaces)
      throw new GlideinError('Conflict', `${to} exists`, {
        cure: 'write --replace to put the backup in its place; the old one is kept beside it',
      });
  }
  const next = `${to}.next`;
  try {
    await copyParts(from, next);
    requireWhole(next, from);
    markAsCopy(next);
    await sync(next);
    const kept = await move(to, keptAs);
    // The log must be gone before the copy has its name, also after a loss of power.
    await syncDirectory(dirname(to));
    await rename(next, to);
    await syncDirectory(dirname(to));
    return kept;
  } finally {
    for (const part of parts) await rm(next + part, { force: true });
  }
}

/** @throws GlideinError StoreFailed naming the backup of which `copy` is a copy */
function requireWhole(copy: string, backup: string): void {
  try {
    const { problems } = checkDatabase(copy);
    if (problems.length === 0) return;
    throw new GlideinError('StoreFailed', `${backup} is damaged: ${problems.join('; ')}`);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new GlideinError('StoreFailed', message.replaceAll(copy, backup), {
      cure: 'use another backup',
      cause,
    });
  }
}

/** @throws GlideinError StoreFailed if a pool uses it; whatever else is wrong with it does not matter any more */
function requireUnused(file: string): void {
  const connection = new Connection(file);
  try {
    lock(connection, { file, synchronous: 'FULL', patience: 0 });
  } catch (error) {
    if (isCode(error, 'StoreFailed')) throw error;
  } finally {
    connection.close();
  }
}

async function copyParts(from: string, to: string): Promise<void> {
  for (const part of parts) {
    await rm(to + part, { force: true });
    if (existsSync(from + part)) await copyFile(from + part, to + part);
  }
}

async function move(from: string, to: string): Promise<boolean> {
  const there = parts.filter((part) => existsSync(from + part));
  for (const part of there) await rename(from + part, to + part);
  return there.length > 0;
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
