import { statfs } from 'node:fs/promises';
import { availableParallelism, hostname, release, totalmem } from 'node:os';

/** What this process may use, whatever was declared. Bytes. */
export interface Machine {
  readonly host: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memory: number;
  readonly disk: number;
}

/** Looks at the machine and at the cgroup (v1 or v2, through libuv) that this process lives in. */
export async function readMachine(directory: string): Promise<Machine> {
  const { bavail, bsize } = await statfs(directory);
  const limit = process.constrainedMemory();
  const total = totalmem();
  return {
    host: hostname(),
    kernel: release(),
    cpus: availableParallelism(),
    // No limit is reported as 0 or as a number beyond any machine.
    memory: limit > 0 ? Math.min(limit, total) : total,
    disk: bavail * bsize,
  };
}
