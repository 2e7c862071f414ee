import { GlideinError } from '#base/error.ts';

/**
 * The system's error codes for faults of the machine: too many open files or processes, no memory, no space, broken or
 * vanished file systems. While a job's own files are handled, any other code is the job's fault.
 */
const nodeFaults: ReadonlySet<string> = new Set([
  'EAGAIN',
  'EBADF',
  'EBUSY',
  'EDQUOT',
  'EFAULT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENODEV',
  'ENOLCK',
  'ENOMEM',
  'ENOSPC',
  'ENOTCONN',
  'EREMOTEIO',
  'EROFS',
  'ESTALE',
  'ETIMEDOUT',
]);

/** Whether an error, or its cause, is the machine's fault and not the job's. */
export function isNodeFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && nodeFaults.has(error.code)) return true;
  return isNodeFault(error.cause);
}

/** Catches the errors of looking for a file: faults of the machine are thrown again, all others mean that it is not there. */
export function notThere(error: unknown): undefined {
  if (isNodeFault(error)) throw error;
  return undefined;
}

/**
 * The same for what the node itself has, and no job: images, and what the group mounts. A file system that is mounted on demand, but is
 * not mounted into the pilot, answers with ELOOP.
 */
export function absentUnlessFault(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ELOOP') throw brokenPath(error);
  return notThere(error);
}

const brokenPath = (error: Error): GlideinError =>
  new GlideinError('RuntimeFailed', `the file system does not answer as it should: ${error.message}`, {
    cause: error,
  });
