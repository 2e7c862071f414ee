import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import type { Carrier } from '#fleet/phase.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import { lastWords } from './pool-process.ts';
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
  #carrier: Carrier = { state: 'Starting' };
  #since: number;
  readonly #end = Promise.withResolvers<void>();
  registered: 'Idle' | 'Busy' | 'Draining' | undefined;
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

  get carrier(): Carrier {
    return this.#carrier;
  }

  /** Resolves when it has ended and its directory is gone. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  get forMilliseconds(): number {
    return this.#options.clock.monotonic() - this.#since;
  }

  async start(): Promise<void> {
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
      },
    );
    this.#child = child;
    child.once('spawn', () => this.#move({ state: 'Running' }));
    child.once('error', (error) => void this.#ended(null, error.message));
    child.once('exit', (code, signal) => void this.#ended(code, signal ?? `exit code ${code}`));
    await log.close();
  }

  /** Asks it to leave: payloads get their grace. */
  terminate(): void {
    if (this.#child?.pid !== undefined && this.#carrier.state !== 'Ended')
      killQuietly(this.#child.pid, 'SIGTERM');
    this.#move({ state: 'Terminating' });
  }

  /** Ends it and everything that it started, now. */
  kill(): void {
    if (this.#child?.pid !== undefined && this.#carrier.state !== 'Ended')
      killQuietly(-this.#child.pid, 'SIGKILL');
  }

  #move(carrier: Carrier): void {
    if (this.#carrier.state === 'Ended') return;
    this.#carrier = carrier;
    this.#since = this.#options.clock.monotonic();
  }

  async #ended(code: number | null, how: string): Promise<void> {
    const { order, clock, logFile, onEnd } = this.#options;
    const provenDead = await endProcessesOf(order.directory, clock);
    const failed = code !== 0 || !this.everRegistered;
    const words = failed ? await lastWords(logFile) : '';
    this.#move({ state: 'Ended', failed, reason: words === '' ? how : `${how}: ${words}` });
    await rm(order.directory, { recursive: true, force: true });
    this.#end.resolve();
    onEnd(this, provenDead);
  }
}
