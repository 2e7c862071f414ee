import type { Terminal } from '../terminal.ts';
import type { Size } from './top-text.ts';

/** Control sequences of terminals. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[H\u001b[2J';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

/** The keys that end it; in raw mode Ctrl-C is a character. */
const endKeys: ReadonlySet<string> = new Set(['q', 'Q', '\u0003', '\u0004']);

/** A terminal's other screen, on which a picture replaces another without flicker. What was on the terminal comes back at the end. */
export class Screen {
  readonly #terminal: Terminal;
  readonly #ended = new AbortController();
  readonly #onKey = (keys: Buffer | string): void => {
    if (
      String(keys)
        .split('')
        .some((key) => endKeys.has(key))
    )
      this.#ended.abort();
  };
  readonly #onAbort = (): void => this.#ended.abort();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    const { input, out, signal } = terminal;
    if (signal.aborted) this.#ended.abort();
    signal.addEventListener('abort', this.#onAbort, { once: true });
    rawMode(input, true);
    input.on('data', this.#onKey);
    input.resume();
    out.write(enter);
  }

  /** Aborted once the user wants to leave. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get size(): Size {
    return sizeOf(this.#terminal.out);
  }

  show(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}${clearLine}`).join('\r\n');
    // In one piece: a terminal draws what comes together at once.
    this.#terminal.out.write(`${home}${text}${clearBelow}`);
  }

  close(): void {
    const { input, out, signal } = this.#terminal;
    signal.removeEventListener('abort', this.#onAbort);
    input.off('data', this.#onKey);
    input.pause();
    rawMode(input, false);
    out.write(leave);
  }
}

/** The size of a terminal; 80 by 24 if it does not say. */
export function sizeOf(out: { readonly columns?: number; readonly rows?: number } & object): Size {
  const { columns = 80, rows = 24 } = out;
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
}

function rawMode(input: Terminal['input'], isRaw: boolean): void {
  const { setRawMode } = input as { setRawMode?: (isRaw: boolean) => unknown };
  setRawMode?.call(input, isRaw);
}
