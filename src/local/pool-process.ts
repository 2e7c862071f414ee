import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import { lastLineOf } from './log-tail.ts';
import { ProgramRun } from './program-run.ts';

interface PoolProcessOptions {
  /** The command that runs a pool, such as node and a script. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly logFile: string;
  /** The file with what cannot be said by settings. */
  readonly spec: string;
  /** 0: the first start takes any free port; later starts keep it, because pilots know it. */
  readonly port: number;
  readonly lease: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Milliseconds within which a pool must serve, and after which a start counts as successful. */
const startWithin = 30_000;
const goodAfter = 10_000;

/**
 * The pool as a process of its own, restarted whenever it ends: what it acknowledged is on the disk, and pilots wait for it.
 */
export class PoolProcess {
  readonly #options: PoolProcessOptions;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  #run: ProgramRun | undefined;
  #keeping: Promise<void> | undefined;
  #port: number;

  constructor(options: PoolProcessOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#backoff = new Backoff({ first: 100, most: 5000, random: options.random });
  }

  get pid(): number | undefined {
    return this.#run?.child.pid;
  }

  /**
   * Starts the pool, waits until it serves, and keeps it running from then on.
   * @returns its URL
   * @throws GlideinError Unavailable with the pool's last message if it ends instead
   */
  async start(): Promise<string> {
    const url = await this.#serve();
    this.#keeping = this.#keep();
    return url;
  }

  /** Stops it for good. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#run?.end('SIGTERM');
    await this.#keeping;
    // It may just have been restarted.
    await this.#run?.end('SIGTERM');
  }

  async #keep(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    let since = clock.monotonic();
    while (!signal.aborted) {
      await this.#run?.ended;
      if (signal.aborted) return;
      const { exitCode, signalCode } = this.#run?.child ?? {};
      logger.warn({ exitCode, signalCode }, 'the pool ended and will be restarted');
      if (clock.monotonic() - since > goodAfter) this.#backoff.reset();
      await sleep(clock, this.#backoff.next(), signal);
      if (signal.aborted) return;
      since = clock.monotonic();
      try {
        await this.#serve();
      } catch (error) {
        if (!signal.aborted) logger.error({ err: error }, 'the pool could not be restarted');
      }
    }
  }

  /** Starts the pool and waits until it serves. @returns its URL */
  async #serve(): Promise<string> {
    const { clock, directory } = this.#options;
    const urlFile = join(directory, 'url');
    await rm(urlFile, { force: true });
    const run = await this.#spawn();
    const deadline = clock.monotonic() + startWithin;
    for (;;) {
      const url = await readFile(urlFile, 'utf8').catch(() => '');
      if (URL.canParse(url)) {
        this.#port = Number(new URL(url).port);
        return url;
      }
      if (run.isOver || clock.monotonic() > deadline || this.#stopping.signal.aborted) {
        await run.end('SIGKILL');
        throw await this.#failure(run);
      }
      await sleep(clock, 10);
    }
  }

  async #failure({ logFrom }: ProgramRun): Promise<GlideinError> {
    const { logFile } = this.#options;
    const words = await lastLineOf(logFile, logFrom);
    const cure = words.includes('EADDRINUSE')
      ? 'stop what listens there, or choose another port with --port'
      : `read ${logFile}`;
    return new GlideinError('Unavailable', `the pool did not start: ${words || 'it logged nothing'}`, {
      cure,
    });
  }

  async #spawn(): Promise<ProgramRun> {
    const { command, directory, lease, spec } = this.#options;
    const port = String(this.#port);
    const settings = ['--directory', directory, '--spec', spec, '--port', port, '--lease', lease];
    this.#run = await ProgramRun.start({
      ...this.#options,
      command: [...command, ...settings],
      owner: directory,
    });
    return this.#run;
  }
}
