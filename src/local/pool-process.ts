import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { ownerVariable } from '#base/process-owner.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import { lastLineOf, logSize } from './log-tail.ts';

interface PoolProcessOptions {
  /** The command that runs a pool, such as node and a script. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly logFile: string;
  /** The file that tells it more than its settings. */
  readonly spec: string;
  /** 0: any port at the first start; later starts keep it, because pilots know it. */
  readonly port: number;
  readonly lease: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Milliseconds in which a pool must serve, in which it must end, and after which its starts count as good. */
const startWithin = 30_000;
const endWithin = 10_000;
const goodAfter = 10_000;

/** One execution of the pool's program. */
interface Life {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  isOver: boolean;
  readonly logFrom: number;
}

/**
 * The pool as a process of its own, started again whenever it ends: what it acknowledged is on the disk, pilots wait.
 * Its standard input is a pipe that nobody writes to: it ends when this process ends, however that happens.
 */
export class PoolProcess {
  readonly #options: PoolProcessOptions;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  #life: Life | undefined;
  #keeping: Promise<void> | undefined;
  #port: number;

  constructor(options: PoolProcessOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#backoff = new Backoff({ first: 100, most: 5000, random: options.random });
  }

  get pid(): number | undefined {
    return this.#life?.child.pid;
  }

  /**
   * Starts the pool, waits until it serves, and keeps it running from then on.
   * @returns its URL
   * @throws GlideinError Unavailable with the last message of the pool when it ends instead
   */
  async start(): Promise<string> {
    const url = await this.#serve();
    this.#keeping = this.#keep();
    return url;
  }

  /** Ends it, and starts it no more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#end('SIGTERM');
    await this.#keeping;
    // It may have been at the beginning of another life.
    await this.#end('SIGTERM');
  }

  async #keep(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    let since = clock.monotonic();
    while (!signal.aborted) {
      await this.#life?.ended;
      if (signal.aborted) return;
      const { exitCode, signalCode } = this.#life?.child ?? {};
      logger.warn({ exitCode, signalCode }, 'pool ended, starting it again');
      if (clock.monotonic() - since > goodAfter) this.#backoff.reset();
      await sleep(clock, this.#backoff.next(), signal);
      if (signal.aborted) return;
      since = clock.monotonic();
      try {
        await this.#serve();
      } catch (error) {
        if (!signal.aborted) logger.error({ err: error }, 'pool did not start again');
      }
    }
  }

  /** One life of the pool, up to the moment in which it serves. */
  async #serve(): Promise<string> {
    const { clock, directory } = this.#options;
    const urlFile = join(directory, 'url');
    await rm(urlFile, { force: true });
    const life = await this.#spawn();
    const deadline = clock.monotonic() + startWithin;
    for (;;) {
      const url = await readFile(urlFile, 'utf8').catch(() => '');
      if (URL.canParse(url)) {
        this.#port = Number(new URL(url).port);
        return url;
      }
      if (life.isOver || clock.monotonic() > deadline || this.#stopping.signal.aborted) {
        await this.#end('SIGKILL');
        throw await this.#failure(life);
      }
      await sleep(clock, 10);
    }
  }

  async #failure({ logFrom }: Life): Promise<GlideinError> {
    const { logFile } = this.#options;
    const words = await lastLineOf(logFile, logFrom);
    const cure = words.includes('EADDRINUSE')
      ? 'end what listens there, or choose another port with --port'
      : `read ${logFile}`;
    return new GlideinError('Unavailable', `the pool did not start: ${words || 'it said nothing'}`, { cure });
  }

  async #spawn(): Promise<Life> {
    const { command, directory, lease, logFile, spec } = this.#options;
    const [program = '', ...first] = command;
    const logFrom = await logSize(logFile);
    const log = await open(logFile, 'a', 0o600);
    const port = String(this.#port);
    const settings = ['--directory', directory, '--spec', spec, '--port', port, '--lease', lease];
    const child = spawn(program, [...first, ...settings, '--exit-with-parent'], {
      stdio: ['pipe', log.fd, log.fd],
      detached: true,
      env: { ...process.env, [ownerVariable]: directory },
    });
    const ended = Promise.withResolvers<void>();
    const life: Life = { child, ended: ended.promise, isOver: false, logFrom };
    const over = () => {
      life.isOver = true;
      ended.resolve();
    };
    child.once('exit', over).once('error', over);
    child.stdin?.on('error', () => undefined);
    this.#life = life;
    await log.close();
    return life;
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const life = this.#life;
    if (life === undefined || life.isOver) return;
    life.child.kill(signal);
    const timer = this.#options.clock.after(endWithin, () => life.child.kill('SIGKILL'));
    await life.ended;
    timer.cancel();
  }
}
