/** What a command needs of the world around it; tests hand in their own. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  /** Whether `out` is one: a screen that can be cleared. */
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
  terminal.err.write(`${line}\n`);
};
