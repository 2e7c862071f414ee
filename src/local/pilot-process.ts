import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import { ownerVariable } from '#base/process-owner.ts';
import type { RuntimeState } from '#fleet/phase.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import { lastLineOf } from './log-tail.ts';
import { endProcessesOf, killQuietly } from './processes.ts';

interface PilotProcessOptions {
  /** The command that runs a pilot. */
  readonly command: readonly string[];
  readonly order: PilotOrder;
  readonly token: string;
  readonly logFile: string;
  readonly clock: Clock;
  /** Called once, when the pilot has ended. `provenDead`: nothing that it started is left either. */
  readonly onEnd: (pilot: PilotProcess, provenDead: boolean) => void;
}

/** A pilot as a child process. Its directory holds its order and token, and goes when it ends. */
export class PilotProcess {
  readonly #options: PilotProcessOptions;
  #child: ChildProcess | undefined;
  #runtime: RuntimeState = { state: 'Starting' };
  #since: number;
  #endingBegan = false;
  readonly #end = Promise.withResolvers<void>();
  everRegistered = false;

  constructor(options: PilotProcessOptions) {
    this.#options = options;
    this.#since = options.clock.monotonic();
  }

  get uid(): string {
    return this.#options.order.uid;
  }

  get name(): string {
    return this.#options.order.name;
  }

  get group(): string {
    return this.#options.order.group;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get runtime(): RuntimeState {
    return this.#runtime;
  }

  /** Resolves when it has ended and `onEnd` was called. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  get forMilliseconds(): number {
    return this.#options.clock.monotonic() - this.#since;
  }

  /** Never throws: a pilot that cannot be started is one that ended at once. */
  async start(): Promise<void> {
    try {
      await this.#spawn();
    } catch (error) {
      await this.#ended(null, describeError(error));
    }
  }

  /** Asks it to leave: payloads get their grace. */
  terminate(): void {
    this.#signal(1, 'SIGTERM');
    this.#move({ state: 'Terminating' });
  }

  /** Ends it and everything that it started, now. */
  kill(): void {
    this.#signal(-1, 'SIGKILL');
  }

  /** Whether nothing that it started is left; what is left is killed, so that a later look may find nothing. */
  isProvenDead(patience = 0): Promise<boolean> {
    return endProcessesOf(this.#options.order.directory, this.#options.clock, patience);
  }

  async #spawn(): Promise<void> {
    const { order, token, command, logFile } = this.#options;
    await mkdir(order.directory, { recursive: true, mode: 0o700 });
    await Promise.all([
      writeFile(order.pool.tokenFile, token, { mode: 0o600 }),
      writeFile(join(order.directory, 'order.json'), JSON.stringify(order, null, 2), { mode: 0o600 }),
    ]);
    const log = await open(logFile, 'a', 0o600);
    const [program = '', ...first] = command;
    const child = spawn(
      program,
      [...first, '--order', join(order.directory, 'order.json'), '--exit-with-parent'],
      {
        // A pipe that ends with this process; a group of its own, so that a Ctrl-C here does not reach payloads first.
        stdio: ['pipe', log.fd, log.fd],
        detached: true,
        env: { ...process.env, [ownerVariable]: order.directory },
      },
    );
    this.#child = child;
    child.once('spawn', () => this.#move({ state: 'Running' }));
    child.once('error', (error) => void this.#ended(null, error.message));
    child.once('exit', (code, signal) => void this.#ended(code, signal ?? `exit code ${code}`));
    child.stdin?.on('error', () => undefined);
    await log.close();
  }

  #signal(whom: 1 | -1, signal: 'SIGTERM' | 'SIGKILL'): void {
    const pid = this.#child?.pid;
    // Once it has been reaped its number may be somebody else's.
    if (pid !== undefined && !this.#endingBegan) killQuietly(whom * pid, signal);
  }

  #move(runtime: RuntimeState): void {
    if (this.#runtime.state === 'Ended') return;
    this.#runtime = runtime;
    this.#since = this.#options.clock.monotonic();
  }

  async #ended(code: number | null, how: string): Promise<void> {
    if (this.#endingBegan) return;
    this.#endingBegan = true;
    const { order, logFile, onEnd } = this.#options;
    const provenDead = await this.isProvenDead(10_000).catch(() => false);
    const failed = code !== 0 || !this.everRegistered;
    const words = failed ? await lastLineOf(logFile) : '';
    // What stays is removed by the next life of this site.
    await rm(order.directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    // Ended and told in one go: whoever looks in between would find a pilot that nobody speaks for.
    this.#move({ state: 'Ended', failed, reason: words === '' ? how : `${how}: ${words}` });
    onEnd(this, provenDead);
    this.#end.resolve();
  }
}
