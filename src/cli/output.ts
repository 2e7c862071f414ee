import { GlideinError } from '#base/error.ts';
import { systemCode, systemReason } from '#base/system-error.ts';

/** Watches whether what a command prints arrives, so that no command has to check each of its writes. */
export class Output {
  readonly #stream: NodeJS.WritableStream;
  #failure: Error | undefined;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    stream.on('error', (error: Error) => {
      this.#failure ??= error;
    });
  }

  /**
   * Waits until everything that was printed has been written.
   * @returns false when the reader has gone away, as `head` does when it has seen enough
   * @throws GlideinError WriteFailed
   */
  async arrived(): Promise<boolean> {
    const failure = await this.#lastFailure();
    if (failure === undefined) return true;
    if (systemCode(failure) === 'EPIPE') return false;
    const why = systemReason(failure) ?? failure.message;
    throw new GlideinError('WriteFailed', `the output could not be written: ${why}`, { cause: failure });
  }

  async #lastFailure(): Promise<Error | undefined> {
    const late = await new Promise<Error | undefined>((done) => {
      this.#stream.write('', (error) => done(error ?? undefined));
    });
    // Node emits 'error' only after it has called back.
    await new Promise<void>((done) => setImmediate(done));
    return this.#failure ?? late;
  }
}
