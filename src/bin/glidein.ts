#!/usr/bin/env node
import { homedir, userInfo } from 'node:os';
import { CommanderError } from 'commander';
import { describeError, errorCatalogue, GlideinError } from '#base/error.ts';
import { program } from '#cli/program.ts';
import type { Terminal } from '#cli/terminal.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { upCommand } from './up-command.ts';

const interrupted = new AbortController();

const terminal: Terminal = {
  out: process.stdout,
  err: process.stderr,
  isTerminal: process.stdout.isTTY === true,
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  environment: process.env,
  directory: process.cwd(),
  home: homedir(),
  user: userInfo().username,
  signal: interrupted.signal,
};

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`glidein: ${describeError(error)}\n`);
  return error instanceof GlideinError ? errorCatalogue[error.code].exit : 1;
}

const glidein = program(terminal, packageJson.version);
upCommand(glidein, terminal);
const runsPool = process.argv.slice(2).includes('up');
for (const stream of [process.stdout, process.stderr]) {
  // A reader such as `head` that has seen enough is no failure; a pool goes on without one.
  stream.on('error', () => {
    if (!runsPool) process.exit(0);
  });
}
if (!runsPool) process.once('SIGINT', () => interrupted.abort());
// HTCondor's users write -af; a single letter is all that a single dash can have here.
const words = process.argv.map((word) => (word === '-af' ? '--af' : word));
glidein.parseAsync(words).then(
  () => process.exit(0),
  (error: unknown) => process.exit(interrupted.signal.aborted ? 130 : exitCodeOf(error)),
);
