import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GlideinError } from '#base/error.ts';
import { note, print, type Terminal } from '#cli/terminal.ts';
import { checkDatabase } from '#pool/store/check.ts';
import { databaseAt, poolDirectoryOf } from './pool-directory.ts';

/** `glidein pool check`: reads a whole database, of a pool that does not run or of a backup. */
export function checkCommand(pool: Command, terminal: Terminal): void {
  pool
    .command('check')
    .argument(
      '[path]',
      'the directory of a pool, a backup, or a database; the pool of `glidein up` if absent',
    )
    .summary('say whether a database is whole')
    .description(
      'Reads the whole database of a pool that does not run, or of a backup, and says whether it is damaged. Changes nothing.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ glidein pool check /var/lib/glidein-pool
  $ glidein pool check /backups/monday`,
    )
    .action((path: string | undefined, _options, command: Command) => {
      const directory = path ?? poolDirectoryOf(command.optsWithGlobals(), terminal);
      const file = databaseAt(resolve(terminal.directory, directory));
      const { problems, schema, rows } = checkDatabase(file);
      for (const problem of problems) note(terminal, problem);
      if (problems.length > 0) {
        throw new GlideinError('StoreFailed', `${file} is damaged`, {
          cure: 'put back a backup with `glidein pool restore`',
        });
      }
      const counts = Object.entries(rows).map(([table, number]) => `${number} ${table}`);
      print(terminal, `${file} is whole: schema ${schema}; rows: ${counts.join(', ')}`);
    });
}
