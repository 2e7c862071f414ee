import type { Clock } from '#base/clock.ts';
import { isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { ImageTarget } from '../target/image-target.ts';

/** Milliseconds between two looks at whether another process still changes the directory. */
const look = 1000;

/**
 * A target that is open, and locked, only while somebody uses it: between two images, others may change the directory.
 * All who use it at one time share one lock.
 */
export class SharedTarget {
  readonly #open: () => Promise<ImageTarget>;
  readonly #clock: Clock;
  #users = 0;
  #target: Promise<ImageTarget> | undefined;

  constructor(open: () => Promise<ImageTarget>, clock: Clock) {
    this.#open = open;
    this.#clock = clock;
  }

  /** Waits until no other process changes the directory. @throws what `work` throws; the reason of `signal` */
  async use<T>(work: (target: ImageTarget) => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#users += 1;
    try {
      return await work(await this.#opened(signal));
    } finally {
      this.#users -= 1;
      if (this.#users === 0) await this.#close();
    }
  }

  async #opened(signal: AbortSignal): Promise<ImageTarget> {
    for (;;) {
      signal.throwIfAborted();
      this.#target ??= this.#open();
      const opening = this.#target;
      try {
        return await opening;
      } catch (error) {
        if (this.#target === opening) this.#target = undefined;
        if (!isCode(error, 'Conflict')) throw error;
        await sleep(this.#clock, look, signal);
      }
    }
  }

  async #close(): Promise<void> {
    const target = this.#target;
    this.#target = undefined;
    (await target?.catch(() => undefined))?.close();
  }
}
