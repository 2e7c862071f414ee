import { expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { isNodeFault, notThere } from './node-fault.ts';

const errno = (code: string) => Object.assign(new Error(`${code}: as the system says it`), { code });

it.each(['EMFILE', 'ENFILE', 'ENOSPC', 'EIO', 'EROFS', 'ENOMEM', 'EDQUOT', 'ENOTCONN', 'ESTALE'])(
  'blames the node for %s, whatever it is wrapped in',
  (code) => {
    expect(isNodeFault(errno(code))).toBe(true);
    expect(isNodeFault(new GlideinError('NotFound', 'wrapped', { cause: errno(code) }))).toBe(true);
    expect(() => notThere(errno(code))).toThrow(code);
  },
);

it.each(['ENOENT', 'EACCES', 'ELOOP', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EEXIST', 'EINVAL'])(
  'does not blame the node for %s, which a job can bring about in its own files',
  (code) => {
    expect(isNodeFault(errno(code))).toBe(false);
    expect(notThere(errno(code))).toBeUndefined();
  },
);
