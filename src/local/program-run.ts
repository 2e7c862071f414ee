import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import { ownerVariable } from '#base/process-owner.ts';
import { logSize } from './log-tail.ts';

export interface ProgramOptions {
  /** The command that runs the program, such as node and a script, with its arguments. */
  readonly command: readonly string[];
  /** The directory that the program and all of its children belong to. */
  readonly owner: string;
  readonly logFile: string;
  readonly clock: Clock;
}

/** Milliseconds within which a program must end. */
const endWithin = 10_000;

/**
 * One run of a program of this project as a process of its own. Its standard input is a pipe that nothing is written to: it
 * closes when this process ends, however that happens, and so ends the program.
 */
export class ProgramRun {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  /** The size of its log when it began. */
  readonly logFrom: number;
  readonly #clock: Clock;
  #isOver = false;

  private constructor(child: ChildProcess, logFrom: number, clock: Clock) {
    this.child = child;
    this.logFrom = logFrom;
    this.#clock = clock;
    const ended = Promise.withResolvers<void>();
    this.ended = ended.promise;
    const over = () => {
      this.#isOver = true;
      ended.resolve();
    };
    child.once('exit', over).once('error', over);
    child.stdin?.on('error', () => undefined);
  }

  static async start({ command, owner, logFile, clock }: ProgramOptions): Promise<ProgramRun> {
    const [program = '', ...args] = command;
    const logFrom = await logSize(logFile);
    const log = await open(logFile, 'a', 0o600);
    const child = spawn(program, [...args, '--exit-with-parent'], {
      stdio: ['pipe', log.fd, log.fd],
      detached: true,
      env: { ...process.env, [ownerVariable]: owner },
    });
    const run = new ProgramRun(child, logFrom, clock);
    await log.close();
    return run;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends it, by force if it takes too long. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#isOver) return;
    this.child.kill(signal);
    const timer = this.#clock.after(endWithin, () => this.child.kill('SIGKILL'));
    await this.ended;
    timer.cancel();
  }
}
