import type { Command } from 'commander';
import { program } from '#cli/program.ts';
import type { Terminal } from '#cli/terminal.ts';
import { tokenCommand } from './token-command.ts';
import { upCommand } from './up-command.ts';

/** `glidein` with all its commands: those that talk to a pool, and those that run one or hold its key. */
export function glideinProgram(terminal: Terminal, version: string): Command {
  const glidein = program(terminal, version);
  upCommand(glidein, terminal);
  tokenCommand(glidein, terminal);
  return glidein;
}
