import { orAborted } from '#base/or-aborted.ts';
import type { Rest } from '../registry/registry-peace.ts';

/** Lets nothing be done twice at a time: whoever comes while something of the same name is done waits until it has ended. */
export class Turns {
  readonly #running = new Map<string, Promise<void>>();

  /**
   * @param rest how to wait
   * @throws what `work` throws; the reason of `signal` if that aborts while it waits
   */
  async run<T>(name: string, work: () => Promise<T>, rest: Rest, signal: AbortSignal): Promise<T> {
    for (let other = this.#running.get(name); other !== undefined; other = this.#running.get(name)) {
      const ended = other;
      await rest(() => orAborted(ended, signal));
      signal.throwIfAborted();
    }
    const mine = Promise.withResolvers<void>();
    this.#running.set(name, mine.promise);
    try {
      return await work();
    } finally {
      this.#running.delete(name);
      mine.resolve();
    }
  }
}
