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

/** Milliseconds for which changes are gathered. */
const gathering = 500;

/** Writes a status some time after it has changed, each time as a whole. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #timer: Timer | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** The status has changed. */
  changed(): void {
    this.#timer ??= this.#options.clock.after(gathering, () => void this.flush());
  }

  /** Writes the status now. It never rejects: registries tell again what a full disk has no room for. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#last = this.#last.then(async () => {
      const { file, status, logger } = this.#options;
      try {
        await writeDurably(file, `${JSON.stringify(status())}\n`);
      } catch (error) {
        logger.error({ err: error }, 'the status of the set could not be written');
      }
    });
    return this.#last;
  }
}
