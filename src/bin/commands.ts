import type { Command } from 'commander';
import type { CommandLoader } from '#cli/command-loader.ts';
import { program } from '#cli/program.ts';
import type { Terminal } from '#cli/terminal.ts';

/** Commands that run a pool on this machine, or use its key or its data. */
const more: readonly CommandLoader[] = [
  { names: ['up'], load: async () => (await import('./up-command.ts')).upCommand },
  { names: ['doctor'], load: async () => (await import('./doctor-command.ts')).doctorCommand },
  { names: ['token'], load: async () => (await import('./token-command.ts')).tokenCommand },
  {
    names: ['images'],
    load: async () => (await import('./images-commands/images-command.ts')).imagesCommand,
  },
  { names: ['pool'], load: async () => (await import('./pool-commands/pool-command.ts')).poolCommand },
];

/**
 * `glidein` with the commands that these words need, among those that talk to a pool and those that run one or use its key.
 * @param words the command line without the program's name; empty: all commands
 */
export const glideinProgram = (
  terminal: Terminal,
  version: string,
  words: readonly string[] = [],
): Promise<Command> => program(terminal, { version, words, more });
