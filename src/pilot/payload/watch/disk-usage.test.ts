import { linkSync, mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeDeepTree } from '#testing/deep-tree.ts';
import { removeTree } from '../../runtime/remove-tree.ts';
import { diskUsage } from './disk-usage.ts';

const mebi = 2 ** 20;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glidein-du-'));
});
afterEach(() => removeTree(directory));

const big = (path: string) => writeFileSync(join(directory, path), Buffer.alloc(mebi, 'x'));

it('the disk usage of a directory adds up the files of all folders', async () => {
  mkdirSync(join(directory, 'a/b'), { recursive: true });
  big('one');
  big('a/two');
  big('a/b/three');
  const used = await diskUsage(directory);
  expect(used).toBeGreaterThanOrEqual(3 * mebi);
  expect(used).toBeLessThan(3.2 * mebi);
});

it('the disk usage of a directory does not count holes, second names and targets of links', async () => {
  big('one');
  linkSync(join(directory, 'one'), join(directory, 'same'));
  symlinkSync('/usr', join(directory, 'elsewhere'));
  writeFileSync(join(directory, 'sparse'), '');
  truncateSync(join(directory, 'sparse'), 100 * mebi);
  expect(await diskUsage(directory)).toBeLessThan(1.2 * mebi);
});

it('the disk usage of a missing directory is zero', async () => {
  expect(await diskUsage(join(directory, 'gone'))).toBe(0);
});

it('the disk usage of a directory includes names that are not UTF-8', async () => {
  const odd = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff])]);
  mkdirSync(odd);
  writeFileSync(Buffer.concat([odd, Buffer.from('/'), Buffer.from([0xfe])]), Buffer.alloc(mebi, 'x'));
  expect(await diskUsage(directory)).toBeGreaterThanOrEqual(mebi);
});

it('the disk usage of folders that are too deep for any path is an error, not zero', async () => {
  makeDeepTree(directory, 2400);
  await expect(diskUsage(directory)).rejects.toMatchObject({ code: 'TooLarge' });
});
