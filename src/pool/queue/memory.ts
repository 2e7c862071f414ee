import { GlideinError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';

/** The shares of the process's memory that jobs may fill, and that requests in flight may take. */
const jobShare = 0.5;
const requestShare = 0.3;

/** The share of the container's memory that the heap may take; the rest is for threads and buffers. */
const heapShare = 0.7;

/** Bytes of memory that each byte of a request takes while it is being read and carried out. */
export const bytesPerByte = 16;

/** The same for a submit, which is never parsed as a whole: it is packed, copied for the database, and names its files. */
export const bytesPerSubmittedByte = 4;

export interface MemoryFacts {
  /** The most that the engine's heap may grow to. */
  readonly heap: number;
  /** The limit of the container or machine. */
  readonly limit: number;
}

/** How the pool's memory is shared out, in bytes. */
export interface MemoryShares {
  readonly jobs: number;
  readonly requests: number;
}

/** @param jobs the configured memory for jobs, if any */
export function memoryShares({ heap, limit }: MemoryFacts, jobs?: number): MemoryShares {
  const usable = Math.min(heap, heapShare * limit);
  return { jobs: Math.floor(jobs ?? jobShare * usable), requests: Math.floor(requestShare * usable) };
}

/** The share of the memory for jobs that one owner may fill, so that nobody can fill all of it. */
const ownerShare = 0.8;

/**
 * The share of all this that submissions may fill. The rest is for jobs that start and thereby grow: a queue that is full to the
 * brim could start none of its jobs, and would never become emptier.
 */
const submitShare = 7 / 8;

/** How many jobs, besides fresh procs, each owner may have even if the memory is full, so that its queue goes on. */
const fewJobs = 100;

/** Bytes in use, by all jobs and by those of the owner who wants more. */
interface Held {
  readonly all: number;
  readonly owner: number;
}

interface MemoryRequest {
  readonly procs: number;
  readonly bytes: number;
}

/** Whether there is memory for `bytes` more for this owner. */
export const hasMemory = ({ jobs }: MemoryShares, held: Held, bytes: number): boolean =>
  held.all + bytes <= jobs && held.owner + bytes <= ownerShare * jobs;

/**
 * Bytes that must be free before a fresh proc becomes a job of its own: some 1,100 with an attempt; the rest is for what it
 * differs in.
 */
const startedBytes = 2048;

/** What the queue takes now. */
export interface MemoryUse {
  readonly bytes: number;
  bytesOf(owner: string): number;
  /** How many jobs of this owner are more than fresh procs. */
  ownJobsOfOwner(owner: string): number;
}

/** Whether a fresh proc of this owner may become a job of its own. */
export const hasMemoryForJob = (shares: MemoryShares, queue: MemoryUse, owner: string): boolean =>
  queue.ownJobsOfOwner(owner) < fewJobs ||
  hasMemory(shares, { all: queue.bytes, owner: queue.bytesOf(owner) }, startedBytes);

/**
 * Refuses jobs for which there is no memory. This happens before they are recorded, because acknowledged jobs must fit into
 * memory now and after every restart.
 * @throws GlideinError TooLarge if they would not fit into an empty queue, Unavailable if they do not fit now
 */
export function requireMemory(shares: MemoryShares, held: Held, { procs, bytes }: MemoryRequest): void {
  const jobs = submitShare * shares.jobs;
  if (hasMemory({ ...shares, jobs }, held, bytes)) return;
  const one = ownerShare * jobs;
  const what = `${procs} ${procs === 1 ? 'job takes' : 'jobs take'} about ${formatBytes(bytes)} of memory`;
  const more = 'ask the operator of the pool for more memory';
  if (bytes > one)
    throw new GlideinError(
      'TooLarge',
      `${what}, but this pool has ${formatBytes(one)} for all jobs of one owner`,
      {
        cure: `submit fewer procs at a time, or ${more}`,
      },
    );
  const full =
    held.owner + bytes > one
      ? `your jobs in the queue hold ${formatBytes(held.owner)} of the ${formatBytes(one)} that this pool has for one owner`
      : `the queue holds ${formatBytes(held.all)} of the ${formatBytes(jobs)} that this pool has for jobs`;
  throw new GlideinError('Unavailable', `${what}, and ${full}`, {
    cure: `wait until jobs have ended, submit fewer procs, or ${more}`,
  });
}
