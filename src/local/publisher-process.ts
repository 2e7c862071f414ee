import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import { ProgramRun } from './program-run.ts';

interface PublisherProcessOptions {
  /** The command that publishes a set, with its arguments. */
  readonly command: readonly string[];
  /** The name of the set. */
  readonly name: string;
  readonly owner: string;
  readonly logFile: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Milliseconds after which a start counts as successful. */
const goodAfter = 10_000;

/** The publisher of one set as a process of its own, restarted whenever it ends. Neither pool nor pilots wait for it. */
export class PublisherProcess {
  readonly #options: PublisherProcessOptions;
  readonly #stopping = new AbortController();
  readonly #keeping: Promise<void>;
  #run: ProgramRun | undefined;

  constructor(options: PublisherProcessOptions) {
    this.#options = options;
    this.#keeping = this.#keep();
  }

  /** Stops it for good. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#run?.end('SIGTERM');
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    const { clock, logger, name, random } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff({ first: 1000, most: 60_000, random });
    while (!signal.aborted) {
      const since = clock.monotonic();
      try {
        this.#run = await ProgramRun.start(this.#options);
        if (signal.aborted) await this.#run.end('SIGTERM');
        await this.#run.ended;
      } catch (error) {
        logger.error({ set: name, err: error }, 'the publisher could not be started');
      }
      if (signal.aborted) return;
      const { exitCode, signalCode } = this.#run?.child ?? {};
      logger.warn({ set: name, exitCode, signalCode }, 'the publisher ended and will be restarted');
      if (clock.monotonic() - since > goodAfter) backoff.reset();
      await sleep(clock, backoff.next(), signal);
    }
  }
}
