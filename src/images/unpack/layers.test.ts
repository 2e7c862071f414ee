import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layerOf, type TestLayer } from '#testing/image-layers.ts';
import { ImageWorld } from '#testing/image-world.ts';

let world: ImageWorld;
beforeEach(async () => {
  world = await ImageWorld.start();
});
afterEach(() => world.stop());

/** Publishes an image with these layers. @returns where it lies */
async function expand(...layers: (TestLayer | Buffer)[]): Promise<string> {
  await world.registry.push('a/b:1', layers);
  return (await world.publish('a/b:1')).path;
}

/** Everything that the layers have brought, sorted: directories with a slash, links with their targets. */
function treeOf(root: string, below = ''): string[] {
  return readdirSync(join(root, below), { withFileTypes: true })
    .filter(({ name }) => below !== '' || !added.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return [`${path}/`, ...treeOf(root, path)];
      return [entry.isSymbolicLink() ? `${path} -> ${readlinkSync(join(root, path))}` : path];
    });
}

/** What every expanded image has. */
const added = new Set([
  '.singularity.d',
  'dev',
  'proc',
  'sys',
  'tmp',
  'var',
  'home',
  'root',
  'srv',
  'cvmfs',
  'mnt',
  'etc',
]);

describe('layers', () => {
  it('leave the disk as much as others need, however little their archive takes', async () => {
    await world.registry.push('a/b:1', [{ x: '1' }]);
    const limits = { entries: 10, bytes: 2 ** 30, reserve: 2 ** 60 };
    await expect(world.publish('a/b:1', { limits })).rejects.toMatchObject({ code: 'NoSpace' });
    await world.publish('a/b:1', { limits: { ...limits, reserve: 2 ** 20 } });
  });

  it.each(['gzip', 'zstd', 'none'] as const)('are unpacked with compression %s', async (compression) => {
    await world.registry.push('a/b:1', [{ 'bin/': '', 'bin/x': 'program' }], { compression, index: true });
    const { path } = await world.publish('a/b:1');
    expect(treeOf(path)).toEqual(['bin/', 'bin/x']);
    expect(readFileSync(join(path, 'bin/x'), 'utf8')).toBe('program');
  });

  it('replace files, links and directories of those below', async () => {
    const path = await expand(
      {
        file: 'old',
        'folder/': '',
        'folder/in': 'x',
        link: { type: 'symlink', linkname: 'file' },
        'keep/': '',
        'keep/a': '1',
      },
      { file: { type: 'symlink', linkname: 'keep' }, folder: 'now a file', 'link/': '', 'keep/b': '2' },
    );
    expect(treeOf(path)).toEqual(['file -> keep', 'folder', 'keep/', 'keep/a', 'keep/b', 'link/']);
  });

  it('remove with whiteouts what those below have, and nothing that they bring themselves', async () => {
    const path = await expand(
      { a: '1', 'd/1': '1', 'd/sub/2': '2', 'e/1': '1', 'e/2': '2', 'f/1': '1' },
      {
        'd/3': '3',
        'd/.wh..wh..opq': '',
        '.wh.a': '',
        'e/.wh.1': '',
        '.wh.f': '',
        'f/2': '2',
        '.wh.absent': '',
      },
    );
    expect(treeOf(path)).toEqual(['d/', 'd/3', 'e/', 'e/2', 'f/', 'f/2']);
  });

  it('ignore whiteouts of old file systems', async () => {
    expect(treeOf(await expand({ x: '1', '.wh..wh.plnk/': '', '.wh..wh.aufs': '' }))).toEqual(['x']);
  });

  it('have hard links to files of their own and of those below', async () => {
    const path = await expand(
      { one: 'content', two: { type: 'link', linkname: 'one' } },
      { three: { type: 'link', linkname: './two' }, '.wh.one': '' },
    );
    expect(treeOf(path)).toEqual(['three', 'two']);
    expect(statSync(join(path, 'three')).ino).toBe(statSync(join(path, 'two')).ino);
  });

  it('write through links of the image, and only within it', async () => {
    const path = await expand(
      {
        'usr/lib/': '',
        lib: { type: 'symlink', linkname: '/usr/lib' },
        up: { type: 'symlink', linkname: '../../../usr' },
      },
      { 'lib/a': '1', 'up/lib/b': '2' },
    );
    expect(treeOf(path)).toEqual([
      'lib -> /usr/lib',
      'up -> ../../../usr',
      'usr/',
      'usr/lib/',
      'usr/lib/a',
      'usr/lib/b',
    ]);
  });

  it('lose device nodes and pipes, which are counted', async () => {
    await world.registry.push('a/b:1', [
      {
        'dev/null': { type: 'character-device', devmajor: 1, devminor: 3 },
        pipe: { type: 'fifo' },
        x: '1',
      },
    ]);
    const { path, digest } = await world.publish('a/b:1');
    expect(treeOf(path)).toEqual(['x']);
    const record: unknown = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
    expect(record).toMatchObject({ digest, devicesLeftOut: 2 });
  });

  it('become readable for everybody, without setuid, and keep their times', async () => {
    const path = await expand({
      'secret/': { mode: 0o700 },
      'secret/file': { mode: 0o600, content: 'x' },
      program: { mode: 0o4750, content: 'x' },
      'open/': { mode: 0o1777 },
    });
    const modes = ['secret', 'secret/file', 'program', 'open'].map(
      (name) => lstatSync(join(path, name)).mode & 0o7777,
    );
    expect(modes).toEqual([0o755, 0o644, 0o755, 0o777]);
    expect(lstatSync(join(path, 'secret')).mtimeMs).toBe(1_700_000_000_000);
    expect(lstatSync(join(path, 'program')).mtimeMs).toBe(1_700_000_000_000);
  });

  it('keep names that are not UTF-8, and long ones', async () => {
    const long = `${'d'.repeat(120)}/${'e'.repeat(120)}/${'ü'.repeat(100)}`;
    const archive = await layerOf({ [long]: '1', odd: '2' });
    archive.write('o\xffd', archive.indexOf('odd\0'), 'latin1');
    const sum = [...archive.subarray(archive.indexOf('o\xffd', 0, 'latin1')).subarray(0, 512)];
    const start = archive.indexOf('o\xffd', 0, 'latin1');
    const total = sum.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
    archive.write(`${total.toString(8).padStart(6, '0')}\0 `, start + 148, 'latin1');
    const path = await expand(archive);
    const names = readdirSync(path, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
    expect(names).toContain('o\xffd');
    expect(statSync(join(path, long)).size).toBe(1);
  });
});

describe('a hostile layer', () => {
  const nothingOutside = () => expect(readdirSync(world.root).sort()).toEqual(['images', 'layers']);

  it.each<[string, TestLayer, string]>([
    ['names with ..', { '../../escaped': 'x' }, 'leads out of the image: ../../escaped'],
    ['a hard link out', { x: { type: 'link', linkname: '../../../etc/passwd' } }, 'leads out of the image'],
    [
      'a hard link to nothing',
      { x: { type: 'link', linkname: '/etc/passwd' } },
      'which is no file of the image',
    ],
    ['a whiteout of ..', { 'a/.wh...': '' }, 'leads out of the image'],
    [
      'links in a circle',
      { a: { type: 'symlink', linkname: 'b' }, b: { type: 'symlink', linkname: 'a' }, 'a/x': '1' },
      'lead in a circle',
    ],
    ['an entry below a file', { a: '1', 'a/b': '2' }, 'below a file'],
    ['a very long path', { [`${'d/'.repeat(1600)}x`]: '1' }, 'a path of more than 3000 bytes'],
    ['a very long link', { x: { type: 'symlink', linkname: 'x/'.repeat(3000) } }, 'no file system takes'],
    [
      'a link to an empty path',
      { x: { type: 'symlink', linkname: 'y', pax: { linkpath: '' } } },
      'no file system takes',
    ],
  ])('with %s is refused by name, and nothing is written elsewhere', async (_what, layer, why) => {
    await expect(expand(layer)).rejects.toThrow(why);
    nothingOutside();
    expect(readdirSync(join(world.directory, '.staging'))).toEqual([]);
  });

  it('writes through a link to the outside of the image only within the image', async () => {
    const path = await expand({ out: { type: 'symlink', linkname: world.root } }, { 'out/escaped': 'x' });
    expect(lstatSync(join(path, world.root, 'escaped')).isFile()).toBe(true);
    nothingOutside();
  });

  it.each([
    [
      'entries',
      { entries: 10, bytes: 2 ** 20 },
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, ''])),
      'more than 10 entries',
    ],
    [
      'directories that only paths name',
      { entries: 100, bytes: 2 ** 20 },
      { [`${'d/'.repeat(100)}x`]: '' },
      'more than 100 entries',
    ],
    ['bytes', { entries: 10, bytes: 1000 }, { zeros: '0'.repeat(2000) }, 'more than 1000 bytes of files'],
  ])('with too many %s is refused', async (_what, limits, layer, why) => {
    await world.registry.push('a/b:1', [layer]);
    await expect(world.publish('a/b:1', { limits })).rejects.toMatchObject({
      code: 'TooLarge',
      message: expect.stringContaining(why),
    });
  });

  it('that is a bomb behind its last entry is given up', async () => {
    const bomb = Buffer.concat([await layerOf({ x: '1' }), Buffer.alloc(32 * 2 ** 20)]);
    await world.registry.push('a/b:1', [bomb]);
    await expect(world.publish('a/b:1', { limits: { entries: 10, bytes: 2 ** 20 } })).rejects.toMatchObject({
      code: 'TooLarge',
    });
  });

  it('that needs much memory to be unpacked is refused', async () => {
    const layer = await layerOf({ zeros: '0'.repeat(40 * 2 ** 20) });
    await world.registry.push('a/b:1', [layer], { compression: 'zstdLong' });
    await expect(world.publish('a/b:1')).rejects.toMatchObject({
      code: 'TooLarge',
      message: expect.stringContaining('more memory to be unpacked than 32 MiB'),
    });
  });

  it('that is cut off, or no archive, is refused', async () => {
    const whole = await layerOf({ x: 'y'.repeat(5000) });
    await expect(expand(whole.subarray(0, 2000))).rejects.toMatchObject({ code: 'InvalidMessage' });
    await expect(expand(Buffer.from('no archive at all, but some text'.repeat(40)))).rejects.toMatchObject({
      code: 'InvalidMessage',
    });
  });
});
