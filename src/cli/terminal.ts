import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** What a command needs of the world around it; tests pass their own. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly out: Writable;
  readonly err: NodeJS.WritableStream;
  /** Whether `out` is a terminal: a screen that can be cleared. */
  readonly isTerminal: boolean;
  /** Whether to print in colour: on a terminal, unless NO_COLOR is set. */
  readonly colour: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly home: string;
  readonly user: string;
  readonly signal: AbortSignal;
}

export const print = (terminal: Terminal, line: string): void => {
  terminal.out.write(`${line}\n`);
};

export const note = (terminal: Terminal, line: string): void => {
  terminal.err.write(`${harmless(line)}\n`);
};

/** Waits for a slow reader, so that only a part of the output is held in memory. */
export async function drained({ out, signal }: Pick<Terminal, 'out' | 'signal'>): Promise<void> {
  if (out.writableNeedDrain) await once(out, 'drain', { signal });
}

/** Characters that a terminal acts on instead of printing, except tabs and line ends. */
const acts = /[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]|(?![\t\n])\p{Cc}/gu;

/** A text that may contain what others wrote, without characters that a terminal would act on. */
export const harmless = (text: string): string => text.replace(acts, '\ufffd');

/** The same for a text in which each of these characters is part of a quoted string of JSON or YAML: nothing of it is lost. */
export const escaped = (text: string): string =>
  text.replace(acts, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * A text that somebody else wrote (a job's arguments, a reason) as one harmless line: a control character in it could
 * move the cursor, rename the window or reverse what follows.
 */
export const oneLine = (text: string): string => harmless(text.replace(/[\t\n\r]+/g, ' '));
