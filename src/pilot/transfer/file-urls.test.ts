import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileUrls } from './file-urls.ts';

let root: string;
let files: FileUrls;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'glidein-file-urls-')));
  for (const name of ['data', 'results', 'private', 'job']) await mkdir(join(root, name));
  await writeFile(join(root, 'data/in'), 'public');
  await writeFile(join(root, 'private/token'), 'secret');
  await writeFile(join(root, 'job/out'), 'result');
  files = new FileUrls(
    [
      { path: join(root, 'data'), readOnly: true },
      { path: join(root, 'results'), readOnly: false },
    ],
    [join(root, 'data/pilot'), join(root, 'results/pilot')],
  );
});
afterEach(() => rm(root, { recursive: true, force: true }));

const never = new AbortController().signal;
const fetched = (path: string, most = 100) =>
  files.fetch(`file://${path.replace('ROOT', root)}`, join(root, 'job/new'), most, never);
const sent = (path: string) =>
  files.send(join(root, 'job/out'), `file://${path.replace('ROOT', root)}`, never);

it('a file below a directory of the group is copied', async () => {
  expect(await fetched('ROOT/data/in')).toBe(6);
  expect(await readFile(join(root, 'job/new'), 'utf8')).toBe('public');
  await writeFile(join(root, 'data/empty'), '');
  await rm(join(root, 'job/new'));
  expect(await fetched('localhostROOT/data/empty')).toBe(0);
});

it.each([
  ['ROOT/private/token', 'lets jobs read files by file:// only below'],
  ['ROOT/data/../private/token', 'without "." or ".."'],
  ['ROOT/data/link', 'lets jobs read files by file:// only below'],
  ['ROOT/data/folder/token', 'lets jobs read files by file:// only below'],
  ['ROOT/data/none', 'there is no such file'],
  ['ROOT/data', 'lets jobs read files by file:// only below'],
  ['ROOT/data/sub', 'is not a file'],
  ['ROOT/data/large', 'it is larger than the 100 bytes'],
  ['ROOT/data/pilot/token', 'lets jobs read files by file:// only below'],
  ['ROOT/data/to-pilot', 'lets jobs read files by file:// only below'],
  ['other.hostROOT/data/in', 'without a host'],
])('file://%s is not read', async (path, why) => {
  await symlink(join(root, 'private/token'), join(root, 'data/link'));
  await symlink(join(root, 'private'), join(root, 'data/folder'));
  await mkdir(join(root, 'data/sub'));
  await mkdir(join(root, 'data/pilot'));
  await writeFile(join(root, 'data/pilot/token'), 'secret');
  await symlink(join(root, 'data/pilot/token'), join(root, 'data/to-pilot'));
  await writeFile(join(root, 'data/large'), 'x'.repeat(101));
  await expect(fetched(path)).rejects.toMatchObject({
    name: 'UrlFailure',
    message: expect.stringContaining(why),
  });
  expect(await readdir(join(root, 'job'))).toEqual(['out']);
});

it('an output is copied to a directory that the group lets jobs write to, and its folders are made', async () => {
  await sent('ROOT/results/a/b/out');
  await sent('ROOT/results//a/b/out');
  expect(await readFile(join(root, 'results/a/b/out'), 'utf8')).toBe('result');
  expect(await readdir(join(root, 'results/a/b'))).toEqual(['out']);
});

it.each([
  ['ROOT/data/out', 'lets jobs write files by file:// only below'],
  ['ROOT/results/link/out', 'ENOTDIR'],
  ['ROOT/results/link/deep/out', 'ENOTDIR'],
  ['ROOT/results/file/out', 'ENOTDIR'],
  ['ROOT/results/folder', 'EISDIR'],
  ['ROOT/results/pilot/out', 'lets jobs write files by file:// only below'],
])('file://%s is not written, and no link is followed', async (path, why) => {
  await symlink(join(root, 'private'), join(root, 'results/link'));
  await writeFile(join(root, 'results/file'), '');
  await mkdir(join(root, 'results/folder'));
  await mkdir(join(root, 'results/pilot'));
  await expect(sent(path)).rejects.toMatchObject({
    name: 'UrlFailure',
    message: expect.stringContaining(why),
  });
  expect(await readdir(join(root, 'private'))).toEqual(['token']);
  expect((await readdir(join(root, 'results'))).sort()).toEqual(['file', 'folder', 'link', 'pilot']);
  expect(await readdir(join(root, 'results/pilot'))).toEqual([]);
});
