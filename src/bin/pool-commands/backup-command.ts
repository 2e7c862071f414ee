import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { findPool } from '#cli/find-pool.ts';
import { Progress } from '#cli/progress.ts';
import { note, print, type Terminal } from '#cli/terminal.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { Blobs } from '#pool/spool/blobs.ts';
import { checkDatabase } from '#pool/store/check.ts';
import { databaseName, spoolName } from './pool-directory.ts';

/** `glidein pool backup`: copies the data of a running pool. */
export function backupCommand(pool: Command, terminal: Terminal): void {
  pool
    .command('backup')
    .summary('copy the database and the files of a running pool')
    .description(
      'Copies the database of a running pool, and the files that are not in the backup yet, without a stop. Needs a token of an admin. ' +
        'The key of the pool is not copied.',
    )
    .requiredOption('--to <DIR>', 'the directory of the backup; an earlier backup there is replaced')
    .option('--no-files', 'only the database: jobs that wait for inputs are lost without these')
    .addHelpText(
      'after',
      `
Examples:
  $ glidein pool backup --to /backups/monday
  $ glidein --pool https://pool.example:9618 --token-file admin pool backup --to /backups/monday --no-files`,
    )
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const directory = resolve(terminal.directory, flags.to);
      const client = await findPool(flags, terminal);
      const progress = new Progress(terminal, systemClock);
      try {
        await makeDirectory(directory);
        progress.say('copying the database');
        await copyDatabase(client, join(directory, databaseName), terminal);
        const files = flags.files === true ? await copyFiles(client, directory, terminal, progress) : 0;
        progress.end();
        const more = flags.files === true ? ` and ${count(files, 'new file')}` : ', without files';
        print(terminal, `The database${more} are in ${directory}.`);
      } finally {
        progress.end();
        await client.close();
      }
    });
}

/** @throws GlideinError InvalidArgument if there cannot be such a directory */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await makeFolders(directory, 0o700);
  } catch (cause) {
    throw new GlideinError(
      'InvalidArgument',
      `cannot make the directory ${directory}: ${describeError(cause)}`,
      {
        cure: 'name a directory with --to',
        cause,
      },
    );
  }
}

/** The file appears under its name once it is known to be whole. Another backup may be writing to the same directory. */
async function copyDatabase(client: PoolClient, file: string, { signal }: Terminal): Promise<void> {
  const part = `${file}.${randomUUID()}.part`;
  try {
    const { body } = await client.raw('/v1/pool/backup', { method: 'POST', signal });
    await pipeline(body, createWriteStream(part, { mode: 0o600, flush: true })).catch(
      async (error: unknown) => {
        throw (error as NodeJS.ErrnoException).syscall === undefined && !signal.aborted
          ? await client.whyAway(error)
          : error;
      },
    );
    const { problems } = checkDatabase(part);
    if (problems.length > 0) {
      throw new GlideinError('StoreFailed', `the copy of the database is damaged: ${problems.join('; ')}`, {
        cure: 'keep your older backups, and run `glidein pool check` on the pool as soon as you can stop it',
      });
    }
    // SQLite would read the log of an earlier copy into this one.
    await rm(`${file}-wal`, { force: true });
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}

/**
 * Copies what is missing; a file that is damaged in the pool does not keep others from being copied.
 * @returns how many files were new
 * @throws GlideinError StoreFailed if some could not be copied
 */
async function copyFiles(
  client: PoolClient,
  directory: string,
  terminal: Terminal,
  progress: Progress,
): Promise<number> {
  const { signal } = terminal;
  const spool = await Blobs.open(join(directory, spoolName), true);
  const list = await (await client.raw('/v1/pool/files', { signal })).body.text();
  const missing: string[] = [];
  for (const line of list.split('\n')) {
    const [digest = ''] = line.split(' ');
    if (digest !== '' && (await spool.size(digest)) === undefined) missing.push(digest);
  }
  let damaged = 0;
  for (const [index, digest] of missing.entries()) {
    progress.say(`copying file ${index + 1} of ${missing.length}`);
    try {
      const { body } = await client.raw(`/v1/blobs/${digest}`, { signal });
      await spool.put(digest, body);
    } catch (error) {
      if (isCode(error, 'NotFound')) note(terminal, `${digest} was removed from the pool meanwhile`);
      else if (isCode(error, 'InvalidArgument')) {
        damaged += 1;
        note(terminal, `error: ${digest} was not copied: ${describeError(error)}`);
      } else throw error;
    }
  }
  if (damaged > 0)
    throw new GlideinError('StoreFailed', `${count(damaged, 'file')} of the pool cannot be copied`, {
      cure: 'everything else is in the backup; remove the jobs that need the damaged files, and submit them anew',
    });
  return missing.length;
}
