import { readFileSync, statfsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Memory in bytes that cannot be reclaimed without harm: pages of files on a disk are not counted. */
export interface MemoryParts {
  readonly anonymous: number;
  /** Shared memory that is mapped. */
  readonly shared: number;
}

const none: MemoryParts = { anonymous: 0, shared: 0 };

const inBytes = (text: string, name: string): number | undefined => {
  const kibi = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return kibi === undefined ? undefined : Number(kibi) * 1024;
};

/** From `/proc/PID/status`: cheap, and never too small, because each process counts all that it shares. */
export const residentParts = (status: string): MemoryParts => ({
  anonymous: inBytes(status, 'RssAnon') ?? 0,
  shared: inBytes(status, 'RssShmem') ?? 0,
});

/** From `/proc/PID/smaps_rollup`, where each page is divided among the processes that map it. Undefined before Linux 5.4. */
export function proportionalParts(rollup: string): MemoryParts | undefined {
  const anonymous = inBytes(rollup, 'Pss_Anon');
  const shared = inBytes(rollup, 'Pss_Shmem');
  return anonymous === undefined || shared === undefined ? undefined : { anonymous, shared };
}

/**
 * What a payload takes in all. Files in memory (`/dev/shm`) may be mapped or not, and must count once. Each of the two
 * numbers knows only a part of them, so the larger one is taken.
 */
export const total = ({ anonymous, shared }: MemoryParts, inMemoryFiles: number): number =>
  anonymous + Math.max(shared, inMemoryFiles);

/** The sum over processes, never too small: see {@link residentParts}. */
export function residentOf(pids: readonly number[]): MemoryParts {
  return pids.map((pid) => residentParts(readNow(`/proc/${pid}/status`))).reduce(add, none);
}

/**
 * The exact sum over processes. It is read in a thread, because the kernel walks all pages of large processes. Where the
 * kernel cannot tell, a process counts with what is resident.
 */
export async function proportionalOf(pids: readonly number[]): Promise<MemoryParts> {
  const parts = await Promise.all(
    pids.map(async (pid) => {
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1').catch(() => '');
      return proportionalParts(rollup) ?? residentParts(readNow(`/proc/${pid}/status`));
    }),
  );
  return parts.reduce(add, none);
}

/**
 * Bytes of files in the container's own `/dev` and `/dev/shm`, which are memory. They are seen through a process of the
 * payload; a file system that is the same outside is not the payload's.
 */
export function inMemoryFilesOf(pids: readonly number[]): number {
  for (const pid of pids) {
    try {
      return ['/dev', '/dev/shm'].map((path) => usedBy(pid, path)).reduce((sum, bytes) => sum + bytes, 0);
    } catch {
      // The process has just ended: try the next one.
    }
  }
  return 0;
}

function usedBy(pid: number, path: string): number {
  const inside = `/proc/${pid}/root${path}`;
  if (statSync(inside).dev === deviceOf(path)) return 0;
  const { blocks, bfree, bsize } = statfsSync(inside);
  return (blocks - bfree) * bsize;
}

function deviceOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.dev;
}

/** Clock ticks per second, on every machine that Linux runs on today. */
const ticks = 100;

/** Seconds of processor time of processes and of all their children that have ended. */
export function processorSeconds(pids: readonly number[]): number {
  const one = (pid: number) => {
    const text = readNow(`/proc/${pid}/stat`);
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);
    return fields.reduce((sum, field) => sum + Number(field), 0) / ticks;
  };
  return pids.map(one).reduce((sum, seconds) => sum + (Number.isNaN(seconds) ? 0 : seconds), 0);
}

/** Empty when the process has ended. */
function readNow(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

const add = (one: MemoryParts, other: MemoryParts): MemoryParts => ({
  anonymous: one.anonymous + other.anonymous,
  shared: one.shared + other.shared,
});
