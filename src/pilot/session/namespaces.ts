import { readFileSync, readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { GlideinError } from '#base/error.ts';
import { containerProcesses } from '../runtime/container-processes.ts';
import { parentOf, parseStat } from '../runtime/process-tree.ts';

/** Those that a container may have of its own; the one of its mounts comes first. */
const ofContainers = ['mnt', 'ipc', 'net', 'uts', 'cgroup', 'pid'] as const;

/** Bytes of an environment; the kernel takes a few MiB. */
const mostEnvironment = 2 ** 20;

/** Where a session is to run. */
export interface Joinable {
  /** Namespaces of the payload, as the program that joins it wants them. Whoever gets them closes them. */
  readonly namespaces: readonly FileHandle[];
  /** What the payload was given. */
  readonly environment: ReadonlyMap<string, string>;
}

/**
 * Opens the namespaces of a payload.
 *
 * **Gotchas.** A number of a process may belong to another payload by the time at which its namespaces are opened, so they are
 * opened first, and then it is looked at whether the process is still that of this payload. Whichever of its
 * processes it is, it has no more rights than any other: a payload can have the session in nothing that is not its own.
 * @param leader the outer process of its container
 * @param isRunning whether that process is still the payload's
 * @throws GlideinError Conflict when the payload does not run any more, Unsupported when nothing contains it
 */
export async function openNamespaces(leader: number, isRunning: () => boolean): Promise<Joinable> {
  const pid = firstOf(containerProcesses(leader));
  if (pid === undefined) throw ended();
  const handles: FileHandle[] = [];
  try {
    for (const name of [...ofContainers.filter((each) => isOther(pid, each)), 'user'])
      handles.push(await open(`/proc/${pid}/ns/${name}`, 'r'));
    const environment = await readEnvironment(pid);
    const isContained = isOther(pid, 'mnt') && isOther(pid, 'pid') && isApart(pid);
    if (!isRunning() || !containerProcesses(leader).includes(pid)) throw ended();
    if (!isContained)
      throw new GlideinError('Unsupported', 'the job runs here without a user namespace of its own', {
        cause: 'a session would have more rights than the job',
      });
    return { namespaces: handles, environment };
  } catch (error) {
    await Promise.all(handles.map((handle) => handle.close()));
    throw error instanceof GlideinError ? error : ended();
  }
}

const ended = () => new GlideinError('Conflict', 'the job is not running any more');

/** The payload's own parent: no process of the container is older. */
function firstOf(pids: readonly number[]): number | undefined {
  const started = pids.flatMap((pid) => {
    const at = startOf(pid);
    return at === undefined ? [] : [{ pid, at }];
  });
  return started.sort((one, other) => one.at - other.at)[0]?.pid;
}

function startOf(pid: number): number | undefined {
  try {
    return Number(parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.startedAt);
  } catch {
    return undefined;
  }
}

const linkOf = (pid: number | 'self', name: string): string => readlinkSync(`/proc/${pid}/ns/${name}`);

const isOther = (pid: number, name: string): boolean => linkOf(pid, name) !== linkOf('self', name);

/** Whether it has another user namespace than the processes of apptainer, and so than the mounts. */
function isApart(pid: number): boolean {
  const parent = parentOf(pid);
  return isOther(pid, 'user') && parent !== undefined && linkOf(pid, 'user') !== linkOf(parent, 'user');
}

async function readEnvironment(pid: number): Promise<ReadonlyMap<string, string>> {
  const file = await open(`/proc/${pid}/environ`, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostEnvironment), 0, mostEnvironment, 0);
    const entries = buffer
      .toString('utf8', 0, bytesRead)
      .split('\0')
      .filter((entry) => entry.includes('='));
    return new Map(
      entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    );
  } finally {
    await file.close();
  }
}
