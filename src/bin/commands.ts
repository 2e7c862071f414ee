import type { Command } from 'commander';
import type { CommandLoader } from '#cli/command-loader.ts';
import { program } from '#cli/program.ts';
import type { Terminal } from '#cli/terminal.ts';

/** What runs a pool here, or holds its key. */
const more: readonly CommandLoader[] = [
  { names: ['up'], load: async () => (await import('./up-command.ts')).upCommand },
  { names: ['token'], load: async () => (await import('./token-command.ts')).tokenCommand },
];

/**
 * `glidein` with the commands that these words need: of those that talk to a pool, and of those that run one or hold its key.
 * @param words the command line without the program's own name; none for all commands
 */
export const glideinProgram = (
  terminal: Terminal,
  version: string,
  words: readonly string[] = [],
): Promise<Command> => program(terminal, { version, words, more });
