import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '#base/clock.ts';
import { ownerVariable } from '#base/process-owner.ts';
import { sleep } from '#base/sleep.ts';
import { niceness } from '../runtime/container-process.ts';
import type { Guardian } from '../runtime/guardian.ts';
import { type ProcessEntry, processTable, treeOf } from '../runtime/process-tree.ts';
import { inputFrame, type JoinFrame, JoinFrames, noInputFrame, sizeFrame } from './join.ts';
import type { Joinable } from './namespaces.ts';

/** What a session runs, and for how much the kernel lets it. */
export interface SessionCommand {
  readonly command: readonly [string, ...string[]];
  /** More variables than the payload has, or others. */
  readonly environment: ReadonlyMap<string, string>;
  /** Undefined: pipes. */
  readonly terminal: { readonly rows: number; readonly columns: number } | undefined;
  /** Processes (0: any number) and open files. */
  readonly bounds: { readonly processes: number; readonly openFiles: number };
}

export interface SessionProcessOptions extends SessionCommand {
  readonly joinable: Joinable;
  /** The program that joins. */
  readonly program: string;
  /** The pilot's directory, by which its processes are recognised. */
  readonly owner: string;
  readonly guardian: Pick<Guardian, 'add' | 'drop'>;
  readonly clock: Clock;
  readonly output: (stream: 'stdout' | 'stderr', data: Buffer) => void;
  /** The command has ended; what it has left behind may still run. */
  readonly ended: (end: SessionEnd) => void;
}

/** Either an exit code, as a shell would have it, or why there is none. */
export type SessionEnd = { readonly code: number } | { readonly problem: string; readonly isJobs?: true };

const endOf = (frame: Exclude<JoinFrame, { type: 'data' }>): SessionEnd => {
  if (frame.type === 'ended') return { code: frame.code };
  return frame.type === 'lost' ? { problem: 'the job has ended', isJobs: true } : { problem: frame.reason };
};

/** Milliseconds: between two looks at what is left; until SIGHUP has had its chance; until the outer process has ended. */
const sweep = { interval: 20, hangUp: 500, reaping: 1000 };

/** The processes of one session, from the one outside of the container to the last that its command leaves behind. */
export class SessionProcess {
  readonly #options: SessionProcessOptions;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #exit: Promise<void>;
  #isOver = false;

  /** Closes the namespaces. */
  constructor(options: SessionProcessOptions) {
    this.#options = options;
    const { joinable, program, owner, guardian, command, bounds, terminal } = options;
    const { namespaces } = joinable;
    const size = [terminal?.rows ?? 0, terminal?.columns ?? 0];
    const numbers = [...size, niceness, bounds.processes, bounds.openFiles, namespaces.length];
    const variables = new Map([...joinable.environment, ...options.environment]);
    try {
      this.#child = spawn(program, [...numbers.map(String), ...command], {
        stdio: ['pipe', 'pipe', 'ignore', ...namespaces.map(({ fd }) => fd)],
        env: { ...Object.fromEntries(variables), [ownerVariable]: owner },
        cwd: '/',
        detached: true,
      }) as ChildProcessByStdio<Writable, Readable, null>;
    } finally {
      // A payload can make its environment so large that nothing can be started with it.
      void Promise.all(namespaces.map((handle) => handle.close()));
    }
    if (this.#child.pid !== undefined) guardian.add(this.#child.pid);
    this.#exit = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    const frames = new JoinFrames();
    this.#child.stdout.on('data', (bytes: Buffer) => {
      for (const frame of frames.take(bytes)) {
        if (frame.type === 'data') options.output(frame.stream, frame.data);
        else this.#over(endOf(frame));
      }
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.once('error', (error) => this.#over({ problem: error.message }));
    this.#child.once('close', () => this.#over({ problem: 'what joins the container has ended' }));
  }

  /** The process outside of the container; undefined if there is none. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @param taken called when the input has been passed on */
  write(data: Uint8Array, taken: () => void): void {
    this.#child.stdin.write(inputFrame(data), taken);
  }

  noMoreInput(): void {
    this.#child.stdin.write(noInputFrame());
  }

  /** @param taken called when the size has been passed on */
  resize(rows: number, columns: number, taken: () => void): void {
    this.#child.stdin.write(sizeFrame(rows, columns), taken);
  }

  /** Without a reader, the command waits as soon as its pipes are full. */
  pause(): void {
    this.#child.stdout.pause();
  }

  resume(): void {
    this.#child.stdout.resume();
  }

  /**
   * Ends whatever runs: by SIGHUP, as when a terminal is closed, and then by SIGKILL. Resolves when nothing is left.
   *
   * **Gotchas.** The keeper dies last: the children of the dead are its own as long as it lives, and afterwards they would be
   * the payload's.
   */
  async end(): Promise<void> {
    const { clock, guardian } = this.#options;
    const { pid } = this.#child;
    this.#isOver = true;
    if (pid === undefined) return;
    const begun = clock.monotonic();
    for (let hung = false; ; hung = true) {
      const left = this.#left(pid);
      if (left.length === 0) break;
      const patient = clock.monotonic() - begun < sweep.hangUp;
      if (!patient || !hung) for (const entry of left) signal(entry.pid, patient ? 'SIGHUP' : 'SIGKILL');
      await sleep(clock, sweep.interval);
    }
    // The outer process ends once it has reaped the keeper, and says so until somebody listens.
    this.#child.stdout.resume();
    const keepers = treeOf(pid, processTable()).filter((entry) => entry.parent === pid);
    for (const entry of keepers) signal(entry.pid, 'SIGKILL');
    const late = clock.after(sweep.reaping, () => this.#child.kill('SIGKILL'));
    await this.#exit;
    late.cancel();
    guardian.drop(pid);
  }

  /** Everything below the keeper. */
  #left(pid: number): readonly ProcessEntry[] {
    const tree = treeOf(pid, processTable());
    return tree.filter((entry) => entry.pid !== pid && entry.parent !== pid);
  }

  #over(end: SessionEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.ended(end);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // The process is gone already.
  }
}
