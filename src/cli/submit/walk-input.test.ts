import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InputEntry, lastOfEach, mostInputs, walkInput } from './walk-input.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-inputs-'));
  await mkdir(join(root, 'tree/sub'), { recursive: true });
  await mkdir(join(root, 'tree/void'));
  await writeFile(join(root, 'tree/a.txt'), 'a');
  await writeFile(join(root, 'tree/sub/run.sh'), 'b');
  await chmod(join(root, 'tree/sub/run.sh'), 0o750);
  await writeFile(join(root, 'secret'), 's', { mode: 0o600 });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const walk = (path: string, contents = false, executable = false) =>
  walkInput({
    path: join(root, path),
    name: contents ? '' : path,
    executable,
    ...(contents && { contents }),
  });

it('an input directory includes everything in it, with empty folders and permissions', async () => {
  expect(
    (await walk('tree')).map(({ name, mode, emptyFolder }) => [name, mode?.toString(8) ?? emptyFolder]),
  ).toEqual([
    ['tree/a.txt', '644'],
    ['tree/sub/run.sh', '750'],
    ['tree/void', true],
  ]);
});

it('an input directory with a trailing slash stands for its contents', async () => {
  expect((await walk('tree', true)).map(({ name }) => name)).toEqual(['a.txt', 'sub/run.sh', 'void']);
});

it('a private input stays private, and the executable becomes executable', async () => {
  expect(await walk('secret')).toMatchObject([{ mode: 0o600, executable: false }]);
  expect(await walk('secret', false, true)).toMatchObject([{ mode: 0o700, executable: true }]);
});

it('an input link stands for its file, a dangling one is skipped, and one to a directory is refused', async () => {
  await symlink('../secret', join(root, 'tree/link'));
  await symlink('nowhere', join(root, 'tree/dangling'));
  const names = (await walk('tree')).map(({ name }) => name);
  expect(names).toContain('tree/link');
  expect(names).not.toContain('tree/dangling');
  await symlink('sub', join(root, 'tree/folder'));
  await expect(walk('tree')).rejects.toThrow('is a link to a directory');
});

it('an input file with a trailing slash is refused, and so is a directory with too many files', async () => {
  await expect(walk('secret', true)).rejects.toThrow('is a file, not a directory');
  const entry = (index: number): InputEntry => ({ path: '/x', name: `f${index}`, executable: false });
  expect(() => lastOfEach(Array.from({ length: mostInputs + 1 }, (_, index) => entry(index)))).toThrow(
    'more than 10000 input files',
  );
});

it('of two inputs with the same name the later one wins, and a folder wins over an earlier file', () => {
  const entry = (path: string, name: string) => ({ path, name, executable: false });
  const merged = lastOfEach([
    entry('/w1/same', 'same'),
    entry('/w1/prog', 'prog'),
    entry('/w2/same', 'same'),
    entry('/fd/prog/z', 'prog/z'),
  ]);
  expect(merged.map(({ path }) => path)).toEqual(['/w2/same', '/fd/prog/z']);
});

it('an input link to a directory is refused by itself, and followed with a trailing slash', async () => {
  await symlink('tree', join(root, 'linked'));
  await expect(walk('linked')).rejects.toThrow('is a link to a directory');
  expect((await walk('linked', true)).map(({ name }) => name)).toContain('a.txt');
});
