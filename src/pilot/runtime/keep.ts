import { writeFile } from 'node:fs/promises';
import { ownerOf } from '#base/process-owner.ts';
import { type OuterProcess, runOuter } from './container-process.ts';
import { programs } from './keep-programs.ts';

/** The signal with which the program kills everything that it keeps. */
const endAll = 64;

/** What a payload finds in its environment in any case. */
const path = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

/** Added to the score by which the kernel chooses whom to kill, as in a container. */
const firstToDie = 800;

/** Sets what a container would have set, and becomes the command. */
const bounded = [
  'umask 022',
  `{ echo ${firstToDie} >/proc/self/oom_score_adj; } 2>/dev/null`,
  '{ ulimit -S -c 0; ulimit -n "$1"; } 2>/dev/null',
  'shift',
  'exec "$@"',
].join('; ');

export interface KeptCommand {
  readonly command: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  /** Where it runs. */
  readonly directory: string;
  /** A new file, into which the program is put that keeps it. */
  readonly keeper: string;
  /** Each of its processes may have so many. */
  readonly openFiles: number;
}

/** Whether there is a program for this kind of machine that keeps payloads without containers. */
export const canKeep = (machine: string = process.arch): boolean => programs[machine] !== undefined;

/**
 * Runs a command without a container, below two programs that do not end before everything is dead that it has started: see
 * `hack/payload-programs/keep.c`. They end it when this process dies, too.
 */
export async function runKept(
  { command, environment, directory, keeper, openFiles }: KeptCommand,
  streams: readonly [number, number, number],
): Promise<OuterProcess> {
  await writeFile(keeper, Buffer.from(programs[process.arch] ?? '', 'base64'), { mode: 0o755 });
  const kept = [keeper, String(process.pid), keeper, '0', ...command];
  const outer = runOuter(
    {
      file: '/bin/sh',
      args: ['-c', bounded, 'sh', String(openFiles), ...kept],
      environment: { PATH: path, ...Object.fromEntries(environment), ...ownerOf(process.env) },
    },
    streams,
    directory,
  );
  return {
    pid: outer.pid,
    get exited() {
      return outer.exited;
    },
    exit: outer.exit,
    signal: (name) => outer.signal(name),
    leavesNothing: true,
    kill: () => signalNumber(outer.pid, endAll),
  };
}

function signalNumber(pid: number | undefined, signal: number): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}
