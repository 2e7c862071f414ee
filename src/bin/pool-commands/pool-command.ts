import type { Command } from 'commander';
import type { Terminal } from '#cli/terminal.ts';
import { checkCommand } from './check-command.ts';

/** `glidein pool`: what the operator of a pool does with its database and its files. */
export function poolCommand(program: Command, terminal: Terminal): void {
  const pool = program
    .command('pool')
    .summary('check the data of a pool')
    .description('What the operator of a pool does with its data.');
  checkCommand(pool, terminal);
}
