import { Readable, Writable } from 'node:stream';
import type { Terminal } from '#cli/terminal.ts';

/** The command line of a user whose output goes to a pipe, where a test reads it. */
export interface PipedTerminal extends Terminal {
  readonly out: PrintedText;
  readonly err: PrintedText;
}

/** @returns a command line in the user's own directory, with nothing in its environment and no input */
export const pipedTerminal = (home: string): PipedTerminal => ({
  input: Readable.from([]),
  out: new PrintedText(),
  err: new PrintedText(),
  isTerminal: false,
  colour: false,
  environment: {},
  directory: home,
  home,
  user: 'alice',
  signal: new AbortController().signal,
});

/** Keeps what is written to it. */
export class PrintedText extends Writable {
  #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk));
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
