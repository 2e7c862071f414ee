/** The kernel's errors in words, by Node's code. */
const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it exists already',
  EIO: 'the device failed',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'it does not exist',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'part of its path is not a directory',
  EPERM: 'the operation is not permitted',
  EPIPE: 'nobody reads it any more',
  EROFS: 'the file system is read-only',
};

/** The kernel's code of an error, such as `ENOSPC`. Undefined: the error is not the kernel's. */
export function systemCode(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof code === 'string' && typeof syscall === 'string' ? code : undefined;
}

/** Why the kernel refused something, in words. Undefined: the error is not the kernel's. */
export function systemReason(error: unknown): string | undefined {
  const code = systemCode(error);
  return code === undefined ? undefined : (words[code] ?? (error as Error).message);
}
