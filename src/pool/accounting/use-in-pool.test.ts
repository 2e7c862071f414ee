import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';
import { userPrioritiesAnswer, userPriority } from '#wire/user-priorities.ts';
import { followSpec } from '../auth/follow-spec.ts';

let pool: TestPool;
beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(async () => {
  await pool.destroy();
});

const ada = () => pool.client('submitter', 'ada');
const submit = async (texts: Readonly<Record<string, string>> = {}) =>
  (await ada().json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(1, texts) })).cluster;
const pilot = async () =>
  ScriptedPilot.start({
    url: pool.url,
    token: await pool.token('pilot', 'u1'),
    uid: 'u1',
    slot: { Cpus: '40', Memory: '100000', Disk: '10000000' },
  });
const cores = (submitter: string) =>
  pool.core.accountant.standing(submitter, pool.core.clock.monotonic()).cores;

test('a job is charged from its claim until its payload has ended, although it was removed before', async () => {
  const worker = await pilot();
  const cluster = await submit({ RequestCpus: '3' });
  const start = await worker.next('start');
  expect(cores('ada')).toBe(3);
  const json = { action: 'remove', reason: 'enough', jobs: [String(cluster)] };
  await ada().json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
  await worker.next('stop');
  expect(cores('ada')).toBe(3);
  await worker.finish(start, { outcome: { kind: 'stopped', reason: 'removed' } });
  expect(cores('ada')).toBe(0);
});

test('a restarted pool charges the running jobs to the groups that they were charged to before', async () => {
  const accounting = { halfLife: '24h', groups: [{ name: 'atlas', cores: 10, surplus: true }] };
  pool.core.accountant.configure(accounting, 0);
  const worker = await pilot();
  const grouped = await submit({ RequestCpus: '2', AcctGroup: '"atlas"' });
  const nice = await submit({ RequestCpus: '1', AccountingGroup: '"nice-user.ada"' });
  for (const cluster of [grouped, nice]) await worker.next('start', ({ job }) => job === `${cluster}.0`);
  await pool.stop();
  pool = await TestPool.start({ directory: pool.directory });
  pool.core.accountant.configure(accounting, 0);
  expect([cores('atlas.ada'), cores('nice-user.ada'), cores('ada')]).toEqual([2, 1, 0]);
});

test('what an admin has set is on the disk when it is answered', async () => {
  const json = { action: 'setFactor', user: 'ada', factor: 7 };
  const admin = pool.client('admin');
  const answer = await admin.json('/v1/userprio', userPriority, { method: 'POST', json });
  expect(answer).toMatchObject({ name: 'ada', factor: 7, factorIsSet: true });
  expect(await pool.core.store.accounts()).toMatchObject([{ name: 'ada', factor: 7 }]);
});

test('groups of the specification file take effect without a restart, for what runs already too', async () => {
  const file = join(pool.directory, 'spec.json');
  const { logger } = pool.core;
  const clock = new ManualClock();
  const write = (groups: readonly object[]) => writeFile(file, JSON.stringify({ accounting: { groups } }));
  await write([]);
  const apply = (spec: Parameters<typeof pool.core.applySpec>[0]) => pool.core.applySpec(spec);
  const followed = await followSpec({ file, clock, logger, apply });
  const worker = await pilot();
  await submit({ RequestCpus: '2', AcctGroup: '"atlas"' });
  await worker.next('start');
  await write([{ name: 'atlas', share: 0.25, surplus: false }]);
  const shown = () => pool.client('submitter', 'eve').json('/v1/userprio', userPrioritiesAnswer);
  await expect
    .poll(async () => {
      clock.advance(10_000);
      return (await shown()).groups;
    })
    .toEqual([{ name: 'atlas', quota: 10, share: 0.25, surplus: false, factor: 1000, used: 2 }]);
  const inUse = (await shown()).users.filter((user) => user.cores > 0);
  expect(inUse).toMatchObject([{ name: 'atlas.ada', group: 'atlas', cores: 2 }]);
  followed.close();
});
