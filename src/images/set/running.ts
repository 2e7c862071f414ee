import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';

/** What a publisher is doing, by names: nothing is done twice at a time. */
export class Running {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #all = new Map<string, Promise<void>>();
  #changed = Promise.withResolvers<void>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get count(): number {
    return this.#all.size;
  }

  /** @returns whether it was begun: it is not while work of the same name goes on */
  begin(name: string, work: () => Promise<void>): boolean {
    if (this.#all.has(name)) return false;
    const done = work()
      .catch((error: unknown) => {
        // Whatever may fail is in the status, so this is a defect.
        this.#logger.error({ err: error, work: name }, 'work on the set failed');
      })
      .finally(() => {
        this.#all.delete(name);
        this.wake();
      });
    this.#all.set(name, done);
    return true;
  }

  wake(): void {
    this.#changed.resolve();
  }

  /** Waits until something has ended, and a moment for more; or for so many milliseconds. */
  async change(milliseconds: number, moment: number, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const waiting = AbortSignal.any([signal, enough.signal]);
    await Promise.race([
      sleep(this.#clock, Math.max(0, milliseconds), waiting),
      this.#changed.promise.then(() => sleep(this.#clock, moment, waiting)),
    ]);
    enough.abort();
    this.#changed = Promise.withResolvers();
  }

  async all(): Promise<void> {
    await Promise.all(this.#all.values());
  }
}
