/**
 * What the system says when the machine, not the job, is at fault: too many open files or processes, no memory, no room,
 * broken or vanished file systems. Whatever else it says while a job's own files are handled is the job's.
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

/** Whether an error, or what caused it, is the machine's fault and not the job's. */
export function isNodeFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && nodeFaults.has(error.code)) return true;
  return isNodeFault(error.cause);
}

/** For a look at something that need not be there: the machine's faults are thrown on, anything else means "it is not". */
export function notThere(error: unknown): undefined {
  if (isNodeFault(error)) throw error;
  return undefined;
}
