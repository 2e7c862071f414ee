import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import { endProcessesOf, killQuietly } from '#base/owned-processes.ts';
import { ownerVariable } from '#base/process-owner.ts';
import type { RuntimeState } from '#fleet/phase.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import { lastLineOf } from './log-tail.ts';

interface PilotProcessOptions {
  /** The command that runs a pilot. */
  readonly command: readonly string[];
  readonly order: PilotOrder;
  readonly token: string;
  readonly logFile: string;
  readonly clock: Clock;
  /** Called once, when the pilot has ended. `provenDead`: no process that it started is left either. */
  readonly onEnd: (pilot: PilotProcess, provenDead: boolean) => void;
}

/** A pilot as a child process. Its directory contains its order and token, and is removed when it ends. */
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

  /** Resolves when it has ended and `onEnd` has been called. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  get forMilliseconds(): number {
    return this.#options.clock.monotonic() - this.#since;
  }

  /** Never throws: a pilot that cannot be started counts as one that ended at once. */
  async start(): Promise<void> {
    try {
      await this.#spawn();
    } catch (error) {
      await this.#ended(null, describeError(error));
    }
  }

  /** Asks it to end; payloads get their grace. */
  terminate(): void {
    this.#signal(1, 'SIGTERM');
    this.#move({ state: 'Terminating' });
  }

  /** Kills it and everything that it started, at once. */
  kill(): void {
    this.#signal(-1, 'SIGKILL');
  }

  /** Whether no process that it started is left. Those that are left are killed, so a later call may find none. */
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
        // The pipe closes when this process ends. In a process group of its own, Ctrl-C here does not reach payloads first.
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
    // Once it has been reaped, another process may have its pid.
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
    // If something stays, the next start of this site removes it.
    await rm(order.directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    // Without an await in between: otherwise somebody could see a pilot that has ended and whose end nobody reports.
    this.#move({ state: 'Ended', failed, reason: words === '' ? how : `${how}: ${words}` });
    onEnd(this, provenDead);
    this.#end.resolve();
  }
}
