import { statfs } from 'node:fs/promises';
import { availableParallelism, hostname, release, totalmem } from 'node:os';
import { findGpus } from '../runtime/gpu-devices.ts';

/** What this process can use, whatever was declared. Memory and disk in bytes. */
export interface Machine {
  readonly host: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memory: number;
  readonly disk: number;
  /** GPUs whose devices are here. */
  readonly gpus: number;
}

/** Reads the machine, and the cgroup of this process (v1 or v2, through libuv). */
export async function readMachine(directory: string): Promise<Machine> {
  const [{ bavail, bsize }, gpus] = await Promise.all([statfs(directory), findGpus()]);
  const limit = process.constrainedMemory();
  const total = totalmem();
  return {
    host: hostname(),
    kernel: release(),
    cpus: availableParallelism(),
    // Without a limit, this is 0 or a number greater than any machine has.
    memory: limit > 0 ? Math.min(limit, total) : total,
    disk: bavail * bsize,
    gpus: gpus?.count ?? 0,
  };
}
