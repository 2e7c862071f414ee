import type { Clock, Timer } from '#base/clock.ts';
import type { Terminal } from './terminal.ts';

/** Shows on the error stream what a command is doing, once that takes longer than a second. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #since: number;
  #text = '';
  #timer: Timer | undefined;
  #shown = false;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#since = clock.monotonic();
    this.#tick();
  }

  say(text: string): void {
    this.#text = text;
  }

  end(): void {
    this.#timer?.cancel();
    if (this.#shown && this.#terminal.isTerminal) this.#terminal.err.write('\r\u001b[K');
  }

  #tick(): void {
    this.#timer = this.#clock.after(1000, () => {
      const seconds = Math.round((this.#clock.monotonic() - this.#since) / 1000);
      // A log file does not need a line every second: powers of two are enough.
      const due = this.#terminal.isTerminal || Number.isInteger(Math.log2(seconds));
      if (this.#text !== '' && due) {
        const end = this.#terminal.isTerminal ? '\u001b[K' : '\n';
        this.#terminal.err.write(
          `${this.#terminal.isTerminal ? '\r' : ''}${this.#text} (${seconds} s)${end}`,
        );
        this.#shown = true;
      }
      this.#tick();
    });
  }
}
