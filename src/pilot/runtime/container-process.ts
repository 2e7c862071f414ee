import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { SignalName } from '#base/signals.ts';
import { sleep } from '#base/sleep.ts';
import { environmentOf } from './apptainer.ts';
import type { Guardian } from './guardian.ts';
import { type ProcessEntry, processTable, stillThere, treeOf } from './process-tree.ts';

/** How apptainer's own process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The program that brings a payload into its container: apptainer, or one that enters a container that is set up already. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  /** Absent: nothing but a PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  /** File descriptors that it gets as 3 and so on. */
  readonly descriptors?: readonly number[];
  /** When it has ended by itself, the kernel has killed everything that it started. */
  readonly leavesNothing?: boolean;
}

/** How much payloads yield to their pilot when both want a core. */
export const niceness = 5;

export interface ProcessOptions {
  readonly launch: Launch;
  /** File descriptors for stdin, stdout and stderr: the payload writes to files, not through this process. */
  readonly streams: readonly [number, number, number];
  /** Kills the container when this process dies. */
  readonly guardian: Guardian;
  readonly directory: string;
  /** Some processes survive SIGKILL for seconds, because the kernel holds them (for example, a file system hangs). */
  readonly onStuck: () => void;
}

/** Milliseconds between looks at the process table: `interval` for the first `looks`, then `rarely`. */
const sweep = { interval: 10, looks: 300, rarely: 1000 };

/**
 * The outer process of a container, as leader of its own session and process group.
 *
 * **Gotchas.** Its environment is built from nothing, because apptainer obeys variables such as APPTAINER_BIND. And it may
 * exit before the processes that it started, so `ended` waits for all of them.
 */
export class ContainerProcess {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #onStuck: () => void;
  /** Resolves when every process of the container is dead, however long that takes. */
  readonly ended: Promise<ProcessEnd>;
  /** The tree as it was when it was killed: the container's first process is not in the session of this one. */
  #seen: ProcessEntry[] = [];

  /** @throws GlideinError RuntimeFailed (from `ended`) when the process cannot be created */
  constructor(options: ProcessOptions, clock: Clock) {
    this.#clock = clock;
    this.#onStuck = options.onStuck;
    const { launch, guardian } = options;
    const { file, args, environment, descriptors = [] } = launch;
    this.#child = spawn(file, args, {
      cwd: options.directory,
      env: environment ?? environmentOf(file),
      stdio: [...options.streams, ...descriptors],
      detached: true,
    });
    const { pid } = this.#child;
    if (pid !== undefined) guardian.add(pid);
    const exit = new Promise<ProcessEnd>((resolve, reject) => {
      this.#child.once('error', (error) =>
        reject(new GlideinError('RuntimeFailed', `cannot start ${file}`, { cause: error })),
      );
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.ended = exit.then(async (end) => {
      if (launch.leavesNothing !== true || end.code === null) await this.#sweep();
      if (pid !== undefined) guardian.drop(pid);
      return end;
    });
    // Whoever awaits `ended` gets the failure, but nobody has to await it.
    this.ended.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether the outer process has ended; what it left behind may still be dying. */
  get exited(): boolean {
    return !this.#running();
  }

  /** Signals apptainer alone, which passes the signal on. Through the group, the payload would get it twice. */
  signal(name: SignalName): void {
    if (this.#running()) this.#child.kill(name);
  }

  /** SIGKILL to everything. Resolves at once; `ended` resolves when all is dead. */
  async kill(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined || !this.#running()) return;
    // The group comes first: reading the process table takes time, and a lease may be about to expire.
    signalGroup(pid);
    this.#seen = treeOf(pid, await processTable());
  }

  #running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Kills what is left, and waits until nothing is: whoever is told of the end may start the job again. */
  async #sweep(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) return;
    for (let looks = 1; ; looks += 1) {
      const table = await processTable();
      const left = [...treeOf(pid, table), ...stillThere(this.#seen, table)];
      if (left.length === 0) return;
      for (const entry of left) signalOne(entry.pid);
      if (looks === sweep.looks) this.#onStuck();
      await sleep(this.#clock, looks < sweep.looks ? sweep.interval : sweep.rarely);
    }
  }
}

function signalGroup(pid: number): void {
  signalOne(-pid);
}

function signalOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process is gone already.
  }
}
