#!/usr/bin/env node
import { homedir, userInfo } from 'node:os';
import { runProgram } from '#cli/run-program.ts';
import type { Terminal } from '#cli/terminal.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { glideinProgram } from './commands.ts';

const interrupted = new AbortController();

const terminal: Terminal = {
  input: process.stdin,
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

const words = process.argv.slice(2);
const runsPool = words.includes('up');
// A command whose output nobody takes any more has nothing left to do; a pool goes on without one.
process.stdout.on('error', () => {
  if (!runsPool) interrupted.abort();
});
process.stderr.on('error', () => undefined);
if (!runsPool) process.once('SIGINT', () => interrupted.abort());

const code = await runProgram(glideinProgram(terminal, packageJson.version), words, terminal);
// What is still on its way to a pipe must arrive.
if (!process.stderr.destroyed) await new Promise<void>((done) => process.stderr.write('', () => done()));
process.exit(code);
