import { expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { isNodeFault, notThere } from './node-fault.ts';

const errno = (code: string) => Object.assign(new Error(`${code}: as the system says it`), { code });

it.each(['EMFILE', 'ENFILE', 'ENOSPC', 'EIO', 'EROFS', 'ENOMEM', 'EDQUOT', 'ENOTCONN', 'ESTALE'])(
  '%s is blamed on the node, whatever error wraps it',
  (code) => {
    expect(isNodeFault(errno(code))).toBe(true);
    expect(isNodeFault(new GlideinError('NotFound', 'wrapped', { cause: errno(code) }))).toBe(true);
    expect(() => notThere(errno(code))).toThrow(code);
  },
);

it.each(['ENOENT', 'EACCES', 'ELOOP', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EEXIST', 'EINVAL'])(
  "%s is not blamed on the node, because a job's own files can cause it",
  (code) => {
    expect(isNodeFault(errno(code))).toBe(false);
    expect(notThere(errno(code))).toBeUndefined();
  },
);
