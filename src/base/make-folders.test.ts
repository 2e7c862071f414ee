import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolders } from './make-folders.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-folders-'));
});
afterAll(() => rm(root, { recursive: true }));

test('folders are made with all that are missing above them, and may be there already', async () => {
  const path = join(root, 'a/b/c');
  await makeFolders(path);
  await makeFolders(path);
  expect((await stat(path)).isDirectory()).toBe(true);
});

test('a folder that cannot be made is an error, even where Node would never return', async () => {
  await expect(makeFolders('/proc/nope/deep/er')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a file in the way of a folder is an error', async () => {
  const file = join(root, 'file');
  await writeFile(file, '');
  await expect(makeFolders(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolders(join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});
