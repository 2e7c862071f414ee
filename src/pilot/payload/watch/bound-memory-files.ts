import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { placeWaitStatus, waitStatusNames } from '../../runtime/wait-status.ts';

/** Directories of a container that lie in memory; apptainer gives them half of the machine's. */
const inMemory = ['/dev', '/dev/shm'];

/** Milliseconds; two system calls take less. */
const patience = 5000;

/** Bounds what the files of a container may take of the memory. False: they stay as they are. */
export type BoundMemoryFiles = (pid: number, bytes: number) => Promise<boolean>;

/**
 * @param directory the pilot's own, where no payload can put another program in the place of this one
 */
export function boundMemoryFiles(directory: string): BoundMemoryFiles {
  const program = join(directory, waitStatusNames.program);
  let placed: Promise<void> | undefined;
  return async (pid, bytes) => {
    placed ??= placeWaitStatus(directory);
    await placed;
    const namespaces = ['user', 'mnt'].map((name) => `/proc/${pid}/ns/${name}`);
    const args = ['--bound', ...namespaces, `size=${Math.ceil(bytes)}`, ...inMemory];
    return await new Promise((resolve) => {
      execFile(program, args, { env: {}, timeout: patience }, (error) => resolve(error === null));
    });
  };
}
