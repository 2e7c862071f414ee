import type { Command } from 'commander';
import { count } from '#base/count.ts';
import { formatBytes } from '#base/quantity.ts';
import { findPool } from '#cli/find-pool.ts';
import { print, type Terminal } from '#cli/terminal.ts';
import { gcAnswer } from '#wire/gc.ts';

/** `glidein pool gc`: removes what a pool would remove by itself, at once. */
export function gcCommand(pool: Command, terminal: Terminal): void {
  pool
    .command('gc')
    .summary('remove what nobody needs any more')
    .description(
      'Removes at once what a pool removes by itself within ten minutes: ended jobs that are too old or too many, and files that no job names any more. Needs a token of an admin.',
    )
    .option('--dry-run', 'only say what would be removed')
    .addHelpText('after', '\nExample:\n  $ glidein pool gc --dry-run')
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      const isTrial = flags.dryRun === true;
      const query = { dryRun: String(isTrial) };
      const { signal } = terminal;
      const answer = await client.json('/v1/pool/gc', gcAnswer, { method: 'POST', query, signal });
      await client.close();
      const { history, files, fileBytes, freeBytes, sizeBytes } = answer;
      const what = `${count(history, 'ended job')} and ${count(files, 'file')} of ${formatBytes(fileBytes)}`;
      print(terminal, `${what} ${isTrial ? 'would be' : 'were'} removed.`);
      print(terminal, `${formatBytes(freeBytes)} of the ${formatBytes(sizeBytes)} of its volume are free.`);
    });
}
