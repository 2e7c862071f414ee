import type { Clock, Timer } from '#base/clock.ts';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import type { Logger } from '#telemetry/logger.ts';
import { writeDurably } from '../tree/durable.ts';

export interface StatusWriterOptions {
  readonly file: string;
  readonly status: () => ImageSetStatus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Milliseconds for which changes are gathered, and how many bytes are written in one at most, over a longer time. */
const gathering = 500;
const pace = 512;

/**
 * Writes a status some time after it has changed, each time as a whole: a long one more seldom, because the volume of the images is
 * often on the network. What a crash loses of it, registries tell again.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #timer: Timer | undefined;
  #last: Promise<void> = Promise.resolve();
  /** What waits until the last write has ended, and then writes what is the status by then. */
  #next: Promise<void> | undefined;
  /** Bytes that were written the last time. */
  #bytes = 0;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** The status has changed. */
  changed(): void {
    const wait = Math.max(gathering, this.#bytes / pace);
    this.#timer ??= this.#options.clock.after(wait, () => void this.flush());
  }

  /** Writes the status now. It never rejects: registries tell again what a full disk has no room for. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#next !== undefined) return this.#next;
    const next = this.#last.then(() => {
      this.#next = undefined;
      return this.#write();
    });
    this.#next = next;
    this.#last = next;
    return next;
  }

  async #write(): Promise<void> {
    const { file, status, logger } = this.#options;
    try {
      const text = `${JSON.stringify(status())}\n`;
      this.#bytes = text.length;
      await writeDurably(file, text);
    } catch (error) {
      logger.error({ err: error }, 'the status of the set could not be written');
    }
  }
}
