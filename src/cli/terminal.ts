/** What a command needs of the world around it; tests hand in their own. */
export interface Terminal {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  readonly isTerminal: boolean;
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
