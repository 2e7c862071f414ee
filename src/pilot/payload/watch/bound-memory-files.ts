import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { placeWaitStatus, waitStatusNames } from '../../runtime/wait-status.ts';

/** Directories of a container that lie in memory. Apptainer lets them take half of the machine's. */
const inMemory = ['/dev', '/dev/shm'];

/** Milliseconds; two system calls take less. */
const timeout = 5000;

/** Limits how much memory the files of a container may take. False: they have no limit of their own. */
export type BoundMemoryFiles = (pid: number, bytes: number) => Promise<boolean>;

/** @param directory the pilot's own, where no payload can replace the program */
export function boundMemoryFiles(directory: string): BoundMemoryFiles {
  const program = join(directory, waitStatusNames.program);
  let placed: Promise<void> | undefined;
  return async (pid, bytes) => {
    placed ??= placeWaitStatus(directory);
    await placed;
    const namespaces = ['user', 'mnt'].map((name) => `/proc/${pid}/ns/${name}`);
    const args = ['--bound', ...namespaces, `size=${Math.ceil(bytes)}`, ...inMemory];
    return await new Promise((resolve) => {
      execFile(program, args, { env: {}, timeout }, (error) => resolve(error === null));
    });
  };
}
