import { write, writeSync } from 'node:fs';

/** Characters that wait at most for a log that cannot be written, or is written more slowly than the program speaks. */
const mostWaiting = 2 ** 22;

/** How often, in milliseconds, a pipe is tried again that takes nothing now, and how often at the end of the program. */
const again = 50;
const lastTries = 40;

/**
 * Lines to an open file, written in the background. A log that cannot be written, because its disk is full or its reader is
 * gone, must never hold up or end the program that it tells of: what waits is tried again with the next line, and what
 * is too much is dropped.
 */
export class LogStream {
  readonly #fd: number;
  #waiting = '';
  #isWriting = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(line: string): void {
    if (this.#waiting.length + line.length <= mostWaiting) this.#waiting += line;
    if (!this.#isWriting) this.#start();
  }

  /** Writes what waits before the program ends, as far as that can be done. */
  flushSync(): void {
    let rest = Buffer.from(this.#waiting);
    this.#waiting = '';
    for (let tries = 0; rest.length > 0 && tries < lastTries; ) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        if (!isBusy(error)) return;
        tries += 1;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, again);
      }
    }
  }

  #start(): void {
    const chunk = Buffer.from(this.#waiting);
    this.#waiting = '';
    this.#isWriting = true;
    write(this.#fd, chunk, (error, written) => {
      const rest = chunk.subarray(error === null ? written : 0);
      this.#waiting = rest.toString('utf8') + this.#waiting;
      this.#isWriting = false;
      if (error === null && this.#waiting !== '') this.#start();
      if (isBusy(error)) setTimeout(() => this.write(''), again).unref();
    });
  }
}

const isBusy = (error: unknown): boolean => (error as NodeJS.ErrnoException | null)?.code === 'EAGAIN';
