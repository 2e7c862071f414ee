import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readManifestFiles } from './manifest-files.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-manifests-'));
  await mkdir(join(root, 'site', 'old.yaml'), { recursive: true });
  await mkdir(join(root, 'empty'));
  await writeFile(join(root, 'site', 'b.yaml'), 'b');
  await writeFile(join(root, 'site', 'a.yml'), 'a');
  await writeFile(join(root, 'site', 'notes.txt'), 'not a manifest');
  await symlink('/nowhere', join(root, 'dangling.yaml'));
  await mkdir(join(root, 'broken'));
  await symlink('/nowhere', join(root, 'broken', 'x.yaml'));
});
afterAll(() => rm(root, { recursive: true }));

it('manifests are read from the files named, and from directories in order of name', async () => {
  const files = await readManifestFiles([join(root, 'site'), join(root, 'site', 'notes.txt')]);
  expect(files.map(({ text }) => text)).toEqual(['a', 'b', 'not a manifest']);
  expect(files[0]?.file).toBe(join(root, 'site', 'a.yml'));
});

it.each([
  ['absent', 'NotFound', 'no such file or directory: '],
  ['empty', 'NotFound', 'contains no .yaml file'],
  ['dangling.yaml', 'NotFound', 'no such file or directory: '],
  ['broken', 'InvalidArgument', /^cannot read the manifest .*: ENOENT/],
])('a manifest path is refused with the reason: %s', async (path, code, message) => {
  await expect(readManifestFiles([join(root, path)])).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    cure: expect.stringContaining('-f'),
  });
});
