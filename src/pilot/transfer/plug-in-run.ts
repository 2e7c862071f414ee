import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '#base/clock.ts';
import type { Logger } from '#telemetry/logger.ts';
import { ContainerProcess, type ProcessEnd, runOuter } from '../runtime/container-process.ts';
import type { Guardian } from '../runtime/guardian.ts';
import { type ProcessEntry, processTable, stillThere, treeOf } from '../runtime/process-tree.ts';
import { Progress } from './plug-in-progress.ts';

/** What a plug-in may take. */
export interface PlugInLimits {
  /** Bytes a second that it must read or write. */
  readonly slowest: number;
  readonly processes: number;
}

export interface PlugInWorld {
  readonly limits: PlugInLimits;
  /** Kills the plug-in when this process dies. */
  readonly guardian: Guardian;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface PlugInCall {
  readonly program: string;
  readonly args: readonly string[];
  /** Its own, with nothing in it but what it needs: it runs there, and what it prints is written there. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The most bytes that it may leave in a folder. */
  readonly most?: { readonly folder: string; readonly bytes: number } | undefined;
}

/** Which limit a plug-in was ended for. */
export type PlugInExcess = 'speed' | 'processes' | 'bytes';

/** How a plug-in has ended. What it printed is in `stdout` and `stderr` of its directory. */
export interface PlugInEnd extends ProcessEnd {
  readonly excess: PlugInExcess | undefined;
}

/** Milliseconds between looks at a plug-in. */
const look = 1000;

/** Bytes of each file that a plug-in may write in any case: what it prints, its answers, what it needs itself. */
const leastFile = 16 * 2 ** 20;

/** The same where it writes no file of the job. */
const otherFile = 2 ** 30;

/** Runs with the limits that only a shell can set for its successor: no core files, and no larger file than so many blocks. */
const bounded = 'ulimit -c 0; ulimit -f "$1"; shift; exec "$@"';

/**
 * Runs a plug-in as a program of the pilot, beside payloads and outside of what they see, until all of its processes have ended.
 * @throws GlideinError RuntimeFailed when no process can be made; the reason of `signal` when that aborts
 */
export async function runPlugIn(
  call: PlugInCall,
  world: PlugInWorld,
  signal: AbortSignal,
): Promise<PlugInEnd> {
  signal.throwIfAborted();
  const streams = await Promise.all([
    open('/dev/null', 'r'),
    open(join(call.directory, 'stdout'), 'w', 0o600),
    open(join(call.directory, 'stderr'), 'w', 0o600),
  ]);
  const watch = new PlugInWatch(start(call, streams, world), call, world);
  const abort = () => watch.kill();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const end = await watch.ended();
    signal.throwIfAborted();
    return end;
  } finally {
    signal.removeEventListener('abort', abort);
    await Promise.all(streams.map((stream) => stream.close()));
  }
}

function start(
  { program, args, directory, environment, most }: PlugInCall,
  [stdin, stdout, stderr]: readonly [FileHandle, FileHandle, FileHandle],
  { guardian, clock, logger }: PlugInWorld,
): ContainerProcess {
  const blocks = Math.ceil(Math.max(leastFile, most?.bytes ?? otherFile) / 512) + 1;
  const outer = runOuter(
    {
      file: '/bin/sh',
      args: ['-c', bounded, 'sh', String(blocks), program, ...args],
      environment,
    },
    [stdin.fd, stdout.fd, stderr.fd],
    directory,
  );
  const onStuck = () => logger.error({ program }, 'processes of the plug-in survive SIGKILL');
  return new ContainerProcess({ outer, guardian, onStuck }, clock);
}

/** Ends a plug-in that takes too much, and whatever it has started. */
class PlugInWatch {
  readonly #process: ContainerProcess;
  readonly #call: PlugInCall;
  readonly #world: PlugInWorld;
  readonly #progress: Progress;
  /** All its processes so far: one that has left its session and lost its parent is in no tree any more. */
  #seen: readonly ProcessEntry[] = [];
  #excess: PlugInExcess | undefined;
  #timer: Timer | undefined;

  constructor(process: ContainerProcess, call: PlugInCall, world: PlugInWorld) {
    this.#process = process;
    this.#call = call;
    this.#world = world;
    this.#progress = new Progress(world.limits.slowest, world.clock.monotonic());
    this.#plan();
  }

  async ended(): Promise<PlugInEnd> {
    try {
      const end = await this.#process.ended;
      return { ...end, excess: end.signal === 'SIGXFSZ' ? 'bytes' : this.#excess };
    } finally {
      this.#timer?.cancel();
      for (const { pid } of stillThere(this.#seen, processTable())) killOne(pid);
    }
  }

  kill(): void {
    this.#process.kill();
  }

  #plan(): void {
    this.#timer = this.#world.clock.after(look, () => void this.#look());
  }

  async #look(): Promise<void> {
    const excess = await this.#judge().catch(() => undefined);
    if (this.#process.exited) return;
    if (excess === undefined) return this.#plan();
    this.#excess = excess;
    this.kill();
  }

  async #judge(): Promise<PlugInExcess | undefined> {
    const { pid } = this.#process;
    const { limits, clock } = this.#world;
    const { most } = this.#call;
    const now = clock.monotonic();
    if (pid === undefined) return undefined;
    const table = processTable();
    const tree = treeOf(pid, table);
    this.#seen = [
      ...stillThere(this.#seen, table).filter((old) => !tree.some((each) => each.pid === old.pid)),
      ...tree,
    ];
    if (this.#seen.length > limits.processes) return 'processes';
    if (most !== undefined && (await bytesIn(most.folder)) > most.bytes) return 'bytes';
    return this.#progress.isTooSlow(
      this.#seen.map((each) => each.pid),
      now,
    )
      ? 'speed'
      : undefined;
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Bytes of all files in a folder, at any depth; holes count. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesIn(path);
    else bytes += (await lstat(path).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
