import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';

interface PoolProcessOptions {
  /** The command that runs a pool, such as node and a script. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly logFile: string;
  /** 0: any port at the first start; later starts keep it, because pilots know it. */
  readonly port: number;
  readonly lease: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/**
 * The pool as a process of its own, started again whenever it ends: what it acknowledged is on the disk, pilots wait.
 * Its standard input is a pipe that nobody writes to: it ends when this process ends, however that happens.
 */
export class PoolProcess {
  readonly #options: PoolProcessOptions;
  readonly #backoff: Backoff;
  #child: ChildProcess | undefined;
  #stopping = false;
  #url: string | undefined;

  constructor(options: PoolProcessOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ first: 100, most: 5000, random: options.random });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the pool and waits until it serves.
   * @returns its URL
   * @throws GlideinError Unavailable with the last words of the pool when it ends instead
   */
  async start(signal: AbortSignal): Promise<string> {
    const urlFile = join(this.#options.directory, 'url');
    await rm(urlFile, { force: true });
    const { ended } = await this.#spawn();
    const deadline = this.#options.clock.monotonic() + 30_000;
    for (;;) {
      const url = await readFile(urlFile, 'utf8').catch(() => '');
      if (url !== '') {
        this.#url = url;
        this.#backoff.reset();
        void ended.then(() => this.#again(signal));
        return url;
      }
      if (this.#child?.exitCode !== null || this.#options.clock.monotonic() > deadline) {
        throw new GlideinError(
          'Unavailable',
          `the pool did not start: ${await lastWords(this.#options.logFile)}`,
          {
            cure: `read ${this.#options.logFile}`,
          },
        );
      }
      await sleep(this.#options.clock, 10, signal);
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = this.#options.clock.after(10_000, () => child.kill('SIGKILL'));
    await ended;
    timer.cancel();
  }

  /** @returns a promise of its end, in an object: a bare promise would be awaited here. */
  async #spawn(): Promise<{ readonly ended: Promise<void> }> {
    const { command, directory, port, lease, logFile } = this.#options;
    const [program = '', ...first] = command;
    const known = this.#url === undefined ? port : Number(new URL(this.#url).port);
    const log = await open(logFile, 'a', 0o600);
    const child = spawn(
      program,
      [...first, '--directory', directory, '--port', String(known), '--lease', lease, '--exit-with-parent'],
      { stdio: ['pipe', log.fd, log.fd], detached: true },
    );
    await log.close();
    this.#child = child;
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    return { ended };
  }

  async #again(signal: AbortSignal): Promise<void> {
    while (!this.#stopping && !signal.aborted) {
      this.#options.logger.warn({ exitCode: this.#child?.exitCode }, 'pool ended, starting it again');
      await sleep(this.#options.clock, this.#backoff.next(), signal);
      try {
        await this.start(signal);
        return;
      } catch (error) {
        this.#options.logger.error({ err: error }, 'pool did not start again');
      }
    }
  }
}

/** The last line that a program wrote to its log. */
export async function lastWords(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').at(-1)?.slice(0, 500) ?? '';
}
