import { Readable, Writable } from 'node:stream';
import type { Terminal } from '#cli/terminal.ts';

/** A terminal for looking at commands without running any; what they print goes to `out`. */
export const silentTerminal = (out: Writable = new Writable()): Terminal => ({
  input: Readable.from([]),
  out,
  err: out,
  isTerminal: false,
  colour: false,
  environment: {},
  directory: '/',
  home: '/',
  user: '',
  signal: new AbortController().signal,
});
