import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageIdentity } from './image-identity.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-identity-'));
  await Promise.all(['image', 'other', 'data'].map((name) => mkdir(join(root, name))));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const now = () =>
  imageIdentity(join(root, 'image'), [{ source: join(root, 'data'), target: '/data', readOnly: true }]);

it('an image is another one when another directory lies in its place', async () => {
  const before = await now();
  expect(await now()).toBe(before);
  await rename(join(root, 'image'), join(root, 'old'));
  await rename(join(root, 'other'), join(root, 'image'));
  expect(await now()).not.toBe(before);
});

it('an image is another one when it was written to, and mounted directories may change', async () => {
  const before = await now();
  await writeFile(join(root, 'data/file'), '');
  expect(await now()).toBe(before);
  await writeFile(join(root, 'image/file'), '');
  expect(await now()).not.toBe(before);
});

it('an image that is gone has no identity', async () => {
  await rm(join(root, 'image'), { recursive: true });
  await expect(now()).rejects.toThrow('ENOENT');
});

it('an image file is not kept warm', async () => {
  await writeFile(join(root, 'image.sif'), '');
  await expect(imageIdentity(join(root, 'image.sif'), [])).rejects.toThrow('cannot be kept warm');
});
