import type { Command } from 'commander';
import type { Terminal } from '#cli/terminal.ts';
import { backupCommand } from './backup-command.ts';
import { checkCommand } from './check-command.ts';
import { gcCommand } from './gc-command.ts';
import { restoreCommand } from './restore-command.ts';

/** `glidein pool`: what the operator of a pool does with its database and its files. */
export function poolCommand(program: Command, terminal: Terminal): void {
  const pool = program
    .command('pool')
    .summary('back up, restore, check and clean the data of a pool')
    .description('What the operator of a pool does with its data.');
  backupCommand(pool, terminal);
  restoreCommand(pool, terminal);
  checkCommand(pool, terminal);
  gcCommand(pool, terminal);
}
