import { readlinkSync } from 'node:fs';
import { release } from 'node:os';
import { GlideinError } from '#base/error.ts';
import type { Launcher } from '../../runtime/launcher.ts';

/** Directories of a container that lie in memory. Apptainer lets them take half of the machine's. */
const inMemory = ['/dev', '/dev/shm'];

/** What the kernel enforces by itself. */
export interface KernelBounds {
  /** Bytes of files in the container's memory. */
  readonly memoryFiles: number;
  /** Processes and threads. */
  readonly processes: number;
  /** Open files of each process. */
  readonly openFiles: number;
}

/** What the kernel has taken on. */
export interface InForce {
  /** All bounds are in force. */
  readonly isBound: boolean;
  /** The payload has a user namespace of its own. */
  readonly isApart: boolean;
}

/**
 * Bounds what a container may take, turns core files off, and gives the user namespace that the payload's parent may have made
 * for itself its user.
 * @param pid the payload's parent
 * @param init the first process of the container
 * @throws GlideinError RuntimeFailed if the payload would run as nobody
 */
export type BoundByKernel = (pid: number, init: number, bounds: KernelBounds) => Promise<InForce>;

/**
 * Whether the kernel counts the processes of a user namespace by themselves. Older ones add up all processes of a user, so that a
 * limit for one payload would hit the pilot.
 * @param kernel such as `5.14.0-362.el9`
 */
export function countsByNamespace(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.', 2).map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 14);
}

/** @param run runs the program, and tells its exit code */
export function boundByKernel(run: Launcher['bound'], kernel = release()): BoundByKernel {
  return async (pid, init, { memoryFiles, processes, openFiles }) => {
    const isApart = namespaceOf(pid) !== namespaceOf(init);
    const limits = [pid, countsByNamespace(kernel) ? processes : 0, openFiles].map(String);
    const ids = [process.getuid?.(), process.getgid?.()].map((id) => (isApart ? `${id} ${id} 1` : ''));
    const namespaces = ['user', 'mnt'].map((name) => `/proc/${init}/ns/${name}`);
    const code = await run([...limits, ...ids, ...namespaces, `size=${Math.ceil(memoryFiles)}`, ...inMemory]);
    if (isApart && (code === unmapped || code === undefined))
      throw new GlideinError('RuntimeFailed', 'the user namespace of the payload cannot have its user');
    return { isBound: code === 0, isApart };
  };
}

/** The program's code when the user namespace has no user. */
const unmapped = 100;

/** What tells a user namespace from others; undefined when the process has ended. */
function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    return undefined;
  }
}
