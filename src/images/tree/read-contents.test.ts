import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readContents } from './read-contents.ts';
import { writeContents } from './write-contents.ts';

const { signal } = new AbortController();

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-contents-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('a list is read line by line, with no more of it in memory than a piece', async () => {
  const path = join(directory, 'list.gz');
  const line = `d 755 ${'x'.repeat(100)}`;
  const { sum } = await writeContents(path, Array<string>(200_000).fill(line));
  const seen = new Set<string>();
  let lines = 0;
  const take = async (each: string) => {
    seen.add(each);
    lines += 1;
    if (lines === 100_000) stop.abort(new Error('enough'));
  };
  const stop = new AbortController();
  await expect(readContents(path, sum, take, stop.signal)).rejects.toThrow('enough');
  // Whoever wants no more of it gets only what had been read.
  expect(lines).toBeLessThan(110_000);
  lines = 200_000;
  expect(await readContents(path, sum, take, signal)).toBe(true);
  expect([...seen]).toEqual([line]);
  expect(lines).toBe(400_000);
});

it('a list that is missing, another one, cut off or without lines is not the right one', async () => {
  const path = join(directory, 'list.gz');
  const read = (sum: string) => readContents(path, sum, async () => undefined, signal);
  expect(await read('')).toBe(false);
  const sumOf = (text: string) => createHash('sha256').update(text).digest('hex');
  const list = gzipSync('d 755 x\n');
  await writeFile(path, list);
  expect(await read(sumOf('d 755 x\n'))).toBe(true);
  expect(await read(sumOf('d 755 y\n'))).toBe(false);
  await writeFile(path, list.subarray(0, -9));
  expect(await read(sumOf('d 755 x\n'))).toBe(false);
  await writeFile(path, gzipSync('x'.repeat(2 ** 17)));
  expect(await read(sumOf('x'.repeat(2 ** 17)))).toBe(false);
});
