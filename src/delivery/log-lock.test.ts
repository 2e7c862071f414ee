import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { withLogLock } from './log-lock.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-lock-'));
  await mkdir(join(root, 'run'));
  await symlink(join(root, 'run'), join(root, 'alias'));
});
afterEach(() => rm(root, { recursive: true }));

const options = () => ({
  directory: join(root, 'locks'),
  clock: systemClock,
  signal: new AbortController().signal,
});

it('two writers of one log take turns, even when each knows it by another name', async () => {
  const done: string[] = [];
  const write = (path: string) =>
    withLogLock(join(root, path), options(), async () => {
      done.push(`${path} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      done.push(`${path} ends`);
    });
  await Promise.all([write('run/job.log'), write('alias/job.log')]);
  const [first, second] = done[0] === 'run/job.log begins' ? ['run', 'alias'] : ['alias', 'run'];
  expect(done).toEqual([
    `${first}/job.log begins`,
    `${first}/job.log ends`,
    `${second}/job.log begins`,
    `${second}/job.log ends`,
  ]);
});

it('work that fails leaves the log to others', async () => {
  const path = join(root, 'run/job.log');
  const failing = withLogLock(path, options(), () => Promise.reject(new Error('no space')));
  await expect(failing).rejects.toThrow('no space');
  expect(await withLogLock(path, options(), async () => 'written')).toBe('written');
});

it('a log in a directory that is not there is an error of the kernel', async () => {
  await expect(
    withLogLock(join(root, 'gone/job.log'), options(), async () => undefined),
  ).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
