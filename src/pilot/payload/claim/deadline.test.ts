import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Deadline } from './deadline.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-deadline-'));
  await mkdir(join(root, 'job/.jobfeatures'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

it('a payload finds its deadline in a file, which follows when the deadline moves', async () => {
  let at = 2_000_000_000;
  const deadline = new Deadline(() => at);
  const job = join(root, 'job');
  const file = join(job, '.jobfeatures/shutdowntime_job');
  deadline.open(job);
  expect(await readFile(file, 'utf8')).toBe('2000000000\n');
  at = 1_999_999_999;
  deadline.moved();
  expect(await readFile(file, 'utf8')).toBe('1999999999\n');
  deadline.close(job);
  at = 1_888_888_888;
  deadline.moved();
  deadline.close(job);
  expect(await readFile(file, 'utf8')).toBe('1999999999\n');
});

it('a payload that puts a link in place of its deadline’s file does not make the pilot write elsewhere', async () => {
  let at = 2_000_000_000;
  const deadline = new Deadline(() => at);
  const job = join(root, 'job');
  deadline.open(job);
  const victim = join(root, 'victim');
  await writeFile(victim, 'untouched');
  await rm(join(job, '.jobfeatures'), { recursive: true });
  await mkdir(join(job, '.jobfeatures'));
  await symlink(victim, join(job, '.jobfeatures/shutdowntime_job'));
  at = 1_999_999_999;
  deadline.moved();
  deadline.close(job);
  expect(await readFile(victim, 'utf8')).toBe('untouched');
});
