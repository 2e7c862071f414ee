import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { ProcessLock } from '#base/process-lock.ts';
import { sleep } from '#base/sleep.ts';

/** Milliseconds between tries, and until the holder of the lock is considered stuck. */
const tryAgain = 20;
const patience = 30_000;

interface LockOptions {
  /** The directory of the locks: the same for all programs of one user, and not among the user's results. */
  readonly directory: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Does `work` while no other program of this user writes to the log.
 * @throws GlideinError Conflict when another program keeps holding the lock, WriteFailed when the lock cannot be made; the
 *   kernel's error when the log's directory does not exist
 */
export async function withLogLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const { directory, clock, signal } = options;
  // One log may have many names.
  const real = join(await realpath(dirname(path)), basename(path));
  await makeFolders(directory, 0o700);
  const file = join(directory, createHash('sha256').update(real).digest('hex').slice(0, 32));
  const until = clock.monotonic() + patience;
  for (;;) {
    const lock = take(file);
    if (lock !== undefined) return work().finally(() => lock.release());
    if (clock.monotonic() > until || signal.aborted)
      throw new GlideinError('Conflict', `another program keeps writing to ${path}`);
    await sleep(clock, tryAgain, signal);
  }
}

function take(file: string): ProcessLock | undefined {
  try {
    return ProcessLock.take(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GlideinError('WriteFailed', `cannot lock an event log with ${file}: ${why}`, {
      cause: error,
      cure: 'remove that file, or make its directory writable',
    });
  }
}
