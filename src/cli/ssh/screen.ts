import type { ReadStream, WriteStream } from 'node:tty';
import type { Terminal } from '../terminal.ts';

/** The user's own terminal. */
export interface Screen {
  readonly name: string;
  readonly size: { readonly rows: number; readonly columns: number };
  /** Whether each key is passed on as it is typed, Ctrl-C as well. */
  raw(isRaw: boolean): void;
  onResize(run: () => void): void;
}

/** Undefined: input or output is no terminal. */
export function screenOf({ input, out, isTerminal, environment }: Terminal): Screen | undefined {
  if (!isTerminal || input.isTTY !== true) return undefined;
  const [keys, screen] = [input as ReadStream, out as unknown as WriteStream];
  const name = environment.TERM ?? '';
  return {
    name: /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(name) ? name : 'dumb',
    get size() {
      return { rows: atLeastOne(screen.rows), columns: atLeastOne(screen.columns) };
    },
    raw: (isRaw) => void keys.setRawMode(isRaw),
    onResize: (run) => void screen.on('resize', run),
  };
}

const atLeastOne = (lines: number | undefined): number => Math.min(65_535, Math.max(1, lines ?? 24));
