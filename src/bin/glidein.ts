#!/usr/bin/env node
import { runProgram } from '#cli/run-program.ts';
import type { Terminal } from '#cli/terminal.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { glideinProgram } from './commands.ts';
import { surroundings } from './surroundings.ts';

const interrupted = new AbortController();

const terminal: Terminal = {
  input: process.stdin,
  out: process.stdout,
  err: process.stderr,
  isTerminal: process.stdout.isTTY === true,
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  environment: process.env,
  ...surroundings(process.env),
  signal: interrupted.signal,
};

/** Milliseconds that a command gets to clean up after Ctrl-C. */
const cleanUp = 2000;

function interrupt(): void {
  interrupted.abort();
  // Some waits cannot be ended from here, such as reading a pipe that nobody writes to. Then the signal ends the process.
  setTimeout(() => process.kill(process.pid, 'SIGINT'), cleanUp).unref();
}

const words = process.argv.slice(2);
const glidein = await glideinProgram(terminal, packageJson.version, words);
glidein.hook('preAction', (_, command) => {
  // A command has nothing left to do if nobody reads its output. `up` goes on without a reader, and handles signals itself.
  if (command.name() === 'up') return;
  process.stdout.on('error', () => interrupted.abort());
  process.once('SIGINT', interrupt);
});
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const code = await runProgram(glidein, words, terminal);
// Waits until everything has been written to a pipe.
if (!process.stderr.destroyed) await new Promise<void>((done) => process.stderr.write('', () => done()));
process.exit(code);
