import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
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

it('two writers of one log take turns, even if each knows it by a different name', async () => {
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

it('the lock of a log is released when the work under it fails', async () => {
  const path = join(root, 'run/job.log');
  const failing = withLogLock(path, options(), () => Promise.reject(new Error('no space')));
  await expect(failing).rejects.toThrow('no space');
  expect(await withLogLock(path, options(), async () => 'written')).toBe('written');
});

it("locking a log in a missing directory fails with the kernel's error", async () => {
  await expect(
    withLogLock(join(root, 'gone/job.log'), options(), async () => undefined),
  ).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

it('a file that cannot be used as a lock is reported with what to do about it', async () => {
  const path = join(root, 'run/job.log');
  await withLogLock(path, options(), async () => undefined);
  const [lock = ''] = await readdir(join(root, 'locks'));
  await writeFile(join(root, 'locks', lock), 'no lock at all, but something else that lies here'.repeat(100));
  await expect(withLogLock(path, options(), async () => undefined)).rejects.toMatchObject({
    code: 'WriteFailed',
    message: expect.stringContaining(join(root, 'locks', lock)),
    cure: 'remove that file, or make its directory writable',
  });
});

it('a log that stays locked for too long is a conflict of that log, not a failure of the pool', async () => {
  const path = join(root, 'run/job.log');
  let time = 0;
  const clock = { ...systemClock, monotonic: () => (time += 20_000) };
  await withLogLock(path, options(), async () => {
    const late = withLogLock(path, { ...options(), clock }, async () => undefined);
    await expect(late).rejects.toMatchObject({ code: 'Conflict' });
  });
});
