import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { SignalName } from '#base/signals.ts';
import { sleep } from '#base/sleep.ts';
import { environmentOf } from './apptainer.ts';
import type { Guardian } from './guardian.ts';
import { killGroup, killProcess } from './kill.ts';
import { type ProcessEntry, processTable, stillThere, treeOf } from './process-tree.ts';

/** How apptainer's own process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The program that brings a payload into its container: apptainer. Or a program that runs without a container. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  /** Words of a command that becomes it. */
  readonly under?: readonly string[];
  /** All that it gets; if absent, what apptainer needs. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether the image is known to be a directory. */
  readonly isDirectory?: boolean;
}

/** The process outside of a container that everything in it belongs to: a session and a process group of its own. */
export interface OuterProcess {
  /** Undefined if it could not be made. */
  readonly pid: number | undefined;
  readonly exited: boolean;
  /** How it ended. @throws GlideinError RuntimeFailed when it could not be made */
  readonly exit: Promise<ProcessEnd>;
  signal(name: SignalName): void;
  /** When it has ended by itself, the kernel has killed everything that it started. */
  readonly leavesNothing: boolean;
  /** Kills everything, if that is not what happens to the process group. It may only be called while the process runs. */
  kill?(): void;
}

/** How much payloads yield to their pilot when both want a core. */
export const niceness = 5;

/** A payload that keeps all cores busy must not keep the pilot from watching it, or from renewing its lease. */
export function yieldToPilot(pid: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already.
  }
}

export interface ProcessOptions {
  readonly outer: OuterProcess;
  /** Kills the container when this process dies. */
  readonly guardian: Pick<Guardian, 'add' | 'drop'>;
  /** Some processes survive SIGKILL for seconds, because the kernel holds them (for example, a file system hangs). */
  readonly onStuck: () => void;
}

/** Milliseconds between looks at the process table: `interval` for the first `looks`, then `rarely`. */
const sweep = { interval: 10, looks: 300, rarely: 1000 };

/**
 * The outer process of a container, as leader of its own session and process group.
 *
 * **Gotchas.** It may exit before the processes that it started, so `ended` waits for all of them.
 */
export class ContainerProcess {
  readonly #outer: OuterProcess;
  readonly #clock: Clock;
  readonly #onStuck: () => void;
  /** Resolves when every process of the container is dead, however long that takes. */
  readonly ended: Promise<ProcessEnd>;
  /** The tree as it was when it was killed: whoever is in another session cannot be found any more when his parent has died. */
  #seen: ProcessEntry[] = [];

  /** @throws GlideinError RuntimeFailed (from `ended`) when the process cannot be created */
  constructor({ outer, guardian, onStuck }: ProcessOptions, clock: Clock) {
    this.#outer = outer;
    this.#clock = clock;
    this.#onStuck = onStuck;
    const { pid } = outer;
    if (pid !== undefined) guardian.add(pid);
    this.ended = outer.exit.then(async (end) => {
      if (!outer.leavesNothing || end.code === null) await this.#sweep();
      if (pid !== undefined) guardian.drop(pid);
      return end;
    });
    // Whoever awaits `ended` gets the failure, but nobody has to await it.
    this.ended.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#outer.pid;
  }

  /** Whether the outer process has ended; what it left behind may still be dying. */
  get exited(): boolean {
    return this.#outer.exited;
  }

  /** Signals the outer process alone, which passes the signal on. Through the group, the payload would get it twice. */
  signal(name: SignalName): void {
    if (!this.exited) this.#outer.signal(name);
  }

  /** SIGKILL to everything. `ended` resolves when all is dead. */
  kill(): void {
    const { pid } = this.#outer;
    if (pid === undefined || this.exited) return;
    if (this.#outer.kill !== undefined) {
      this.#outer.kill();
      return;
    }
    // The group comes first: reading the process table takes time, and a lease may be about to expire.
    killGroup(pid);
    this.#seen = treeOf(pid, processTable());
  }

  /** Kills what is left, and waits until nothing is: whoever is told of the end may start the job again. */
  async #sweep(): Promise<void> {
    const { pid } = this.#outer;
    if (pid === undefined) return;
    for (let looks = 1; ; looks += 1) {
      const table = processTable();
      const left = [...treeOf(pid, table), ...stillThere(this.#seen, table)];
      if (left.length === 0) return;
      for (const entry of left) killProcess(entry.pid);
      if (looks === sweep.looks) this.#onStuck();
      await sleep(this.#clock, looks < sweep.looks ? sweep.interval : sweep.rarely);
    }
  }
}

/** A file descriptor, or how the stream is made. */
type Stream = number | 'ignore' | 'pipe';

/**
 * Runs apptainer, or another program.
 *
 * **Gotchas.** Its environment is built from nothing, because apptainer obeys variables such as APPTAINER_BIND.
 * @param streams stdin, stdout and stderr: payloads have files, and do not write through this process
 * @returns also what comes out of the pipes among its streams
 */
export function runOuter(
  { file, args, under = [], isDirectory, environment = environmentOf(file, isDirectory) }: Launch,
  streams: readonly [Stream, Stream, Stream],
  directory: string,
): OuterProcess & { readonly output: readonly Readable[] } {
  const [program = file, ...words] = [...under, file, ...args];
  const child = spawn(program, words, {
    cwd: directory,
    env: environment,
    stdio: [...streams],
    detached: true,
  });
  const exit = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new GlideinError('RuntimeFailed', `cannot start ${file}`, { cause: error })),
    );
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return {
    pid: child.pid,
    get exited() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    exit,
    signal: (name) => void child.kill(name),
    leavesNothing: false,
    output: [child.stdout, child.stderr].filter((stream) => stream !== null),
  };
}
