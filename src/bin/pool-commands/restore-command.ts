import { createReadStream, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { describeError, GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { Progress } from '#cli/progress.ts';
import { note, print, type Terminal } from '#cli/terminal.ts';
import { Blobs } from '#pool/spool/blobs.ts';
import { storedFiles } from '#pool/spool/stored-files.ts';
import { putBack } from '#pool/store/put-back.ts';
import { databaseAt, databaseName, poolDirectoryOf, spoolName } from './pool-directory.ts';

/** `glidein pool restore`: puts a backup in the place of a pool that does not run. */
export function restoreCommand(pool: Command, terminal: Terminal): void {
  pool
    .command('restore')
    .argument('<backup>', 'the directory of a backup, or a copy of a database')
    .summary('put a backup in the place of a pool that does not run')
    .description(
      'Puts a backup in the place of a pool that does not run. The next start begins a new generation: jobs that pilots may still be running wait ' +
        'for one lease, and results of the former life are refused.',
    )
    .option('--pool-directory <DIR>', 'the directory of the pool; that of the pool of `glidein up` if absent')
    .option('--replace', 'put it in the place of an existing database, which is kept beside it')
    .addHelpText(
      'after',
      `
Examples:
  $ glidein pool restore /backups/monday --pool-directory /var/lib/glidein-pool
  $ glidein pool restore /backups/monday --replace`,
    )
    .action(async (backup: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const directory = resolve(terminal.directory, flags.poolDirectory ?? poolDirectoryOf(flags, terminal));
      const source = resolve(terminal.directory, backup);
      await makeFolders(directory, 0o700);
      const to = join(directory, databaseName);
      const keptAs = `${to}.before-${new Date(systemClock.wall()).toISOString().replace(/[:.]/g, '-')}`;
      const replaces = flags.replace === true;
      const isKept = await putBack({ from: databaseAt(source), to, keptAs, replaces });
      const { copied, failed } = await putFilesBack(
        join(source, spoolName),
        join(directory, spoolName),
        terminal,
      );
      print(terminal, `The database and ${count(copied, 'file')} are back in ${directory}.`);
      if (isKept) print(terminal, `The former database is ${keptAs}; remove it when you do not need it.`);
      if (failed > 0)
        throw new GlideinError('StoreFailed', `${count(failed, 'file')} of the backup could not be copied`, {
          cure: 'copy what another backup has of them into the spool of the pool',
        });
    });
}

/** Copies the files that are missing. The backup may be read-only. @returns how many */
async function putFilesBack(
  from: string,
  to: string,
  terminal: Terminal,
): Promise<{ readonly copied: number; readonly failed: number }> {
  if (!existsSync(from)) {
    note(terminal, 'note: the backup has no files, so jobs cannot run whose inputs the pool does not have');
    return { copied: 0, failed: 0 };
  }
  const spool = await Blobs.open(to);
  const progress = new Progress(terminal, systemClock);
  let copied = 0;
  let failed = 0;
  for await (const { digest, path } of storedFiles(from)) {
    if ((await spool.size(digest)) !== undefined) continue;
    try {
      await spool.put(digest, createReadStream(path));
      copied += 1;
      progress.say(`${count(copied, 'file')} copied`);
    } catch (error) {
      failed += 1;
      note(terminal, `error: ${digest} was not copied: ${describeError(error)}`);
    }
  }
  progress.end();
  return { copied, failed };
}
