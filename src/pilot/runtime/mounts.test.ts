import { describe, expect, it } from 'vitest';
import { bind } from '#spec/binds.ts';
import { findMounts } from './mounts.ts';

const real: Record<string, string> = {
  '/cvmfs': '/mnt/cvmfs',
  '/data': '/data',
  '/link': '/pilot/run/claims',
  '/var/pilot': '/pilot',
  '/all': '/',
};
const broken = (code: string) => Object.assign(new Error(`${code}: as the system says it`), { code });

const find = (source: string, more = {}) =>
  findMounts([bind.parse({ source, ...more })], ['/var/pilot'], async (path) => {
    if (path === '/dead') throw broken('ENOTCONN');
    return real[path];
  });

describe('what a group mounts', () => {
  it('is read-only, and lies where it lies on the node, unless the group says otherwise', async () => {
    expect((await find('/cvmfs')).mounts).toEqual([
      { source: '/mnt/cvmfs', target: '/cvmfs', readOnly: true },
    ]);
    expect((await find('/data', { target: '/mnt/data', readOnly: false })).mounts).toEqual([
      { source: '/data', target: '/mnt/data', readOnly: false },
    ]);
  });

  it('is left out where it is missing, unless it is required', async () => {
    expect(await find('/nothing')).toEqual({ mounts: [], absent: ['/nothing'] });
    await expect(find('/nothing', { required: true })).rejects.toMatchObject({
      code: 'RuntimeFailed',
      message: '/nothing is not on this node, and is required',
    });
  });

  it('is never left out where its file system is broken', async () => {
    await expect(find('/dead')).rejects.toMatchObject({
      code: 'RuntimeFailed',
      message: '/dead cannot be reached: ENOTCONN: as the system says it',
    });
  });

  it.each(['/link', '/var/pilot', '/all'])(
    'shows no directory of the pilot itself, as %s would',
    async (source) => {
      await expect(find(source)).rejects.toThrow('it would show directories of the pilot itself');
    },
  );
});

describe('a bind', () => {
  it.each([
    ['/proc', undefined, 'the source contains'],
    ['/run', '/x', 'the source contains'],
    ['/run/secrets/x', '/x', 'the source contains'],
    ['/etc', '/x', 'the source contains'],
    ['/data', '/tmp/x', 'nothing may be mounted over'],
    ['/data', '/var', 'nothing may be mounted over'],
    ['/srv', undefined, 'nothing may be mounted over'],
    ['/data/../etc', '/x', 'write an absolute path'],
    ['/a:b', '/x', 'write an absolute path'],
    ['/a,b', '/x', 'write an absolute path'],
    ['/', '/x', ''],
    ['data', '/x', 'write an absolute path'],
  ])('of %s at %s is refused', (source, target, message) => {
    const { error } = bind.safeParse({ source, target });
    expect(error?.issues.map((issue) => issue.message).join()).toContain(message);
    expect(error).toBeDefined();
  });

  it('of a directory beside those of containers is taken', () => {
    expect(bind.parse({ source: '/srv2', target: '/tmpdata' })).toMatchObject({ target: '/tmpdata' });
  });
});
