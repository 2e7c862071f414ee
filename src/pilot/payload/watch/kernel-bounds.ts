import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { placeWaitStatus, waitStatusNames } from '../../runtime/wait-status.ts';

/** Directories of a container that lie in memory. Apptainer lets them take half of the machine's. */
const inMemory = ['/dev', '/dev/shm'];

/** Milliseconds; a few system calls take less. */
const timeout = 5000;

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

/** @param directory the pilot's own, where no payload can replace the program */
export function boundByKernel(directory: string, kernel = release()): BoundByKernel {
  const program = join(directory, waitStatusNames.program);
  let placed: Promise<void> | undefined;
  return async (pid, init, { memoryFiles, processes, openFiles }) => {
    // A full disk may have room the next time.
    placed ??= placeWaitStatus(directory).catch((error: unknown) => {
      placed = undefined;
      throw error;
    });
    await placed;
    const isApart = namespaceOf(pid) !== namespaceOf(init);
    const limits = [pid, countsByNamespace(kernel) ? processes : 0, openFiles].map(String);
    const ids = [process.getuid?.(), process.getgid?.()].map((id) => (isApart ? `${id} ${id} 1` : ''));
    const namespaces = ['user', 'mnt'].map((name) => `/proc/${init}/ns/${name}`);
    const args = ['--bound', ...limits, ...ids, ...namespaces, `size=${Math.ceil(memoryFiles)}`, ...inMemory];
    const code = await endOf(program, args);
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

/** The exit code; undefined if there is none. */
function endOf(program: string, args: readonly string[]): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { env: {}, timeout }, (error) => {
      const code = error === null ? 0 : error.code;
      resolve(typeof code === 'number' ? code : undefined);
    });
  });
}
