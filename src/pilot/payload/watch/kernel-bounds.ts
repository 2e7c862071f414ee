import { execFile } from 'node:child_process';
import { release } from 'node:os';
import { join } from 'node:path';
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

/** Bounds what a container may take, and turns core files off. False: some bounds are not in force. */
export type BoundByKernel = (pid: number, bounds: KernelBounds) => Promise<boolean>;

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
  return async (pid, { memoryFiles, processes, openFiles }) => {
    placed ??= placeWaitStatus(directory);
    await placed;
    const namespaces = ['user', 'mnt'].map((name) => `/proc/${pid}/ns/${name}`);
    const limits = [pid, countsByNamespace(kernel) ? processes : 0, openFiles].map(String);
    const args = ['--bound', ...limits, ...namespaces, `size=${Math.ceil(memoryFiles)}`, ...inMemory];
    return await new Promise((resolve) => {
      execFile(program, args, { env: {}, timeout }, (error) => resolve(error === null));
    });
  };
}
