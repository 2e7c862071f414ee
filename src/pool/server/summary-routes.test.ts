import { afterEach, beforeEach, expect, it } from 'vitest';
import { poolSpec } from '#spec/pool-spec.ts';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';
import { summaryAnswer } from '#wire/summary.ts';

let pool: TestPool;
const pilots: ScriptedPilot[] = [];

beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(async () => {
  for (const pilot of pilots.splice(0)) pilot.cut();
  await pool.destroy();
});

const summary = () => pool.client('submitter', 'alice').json('/v1/summary', summaryAnswer);
const submit = async (who: string, procs: number, ad = {}) =>
  (
    await pool
      .client('submitter', who)
      .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs, ad) })
  ).cluster;

/** Two groups, of which `full` is blocked, and a pilot of the group `test` with four cores. */
async function site(): Promise<ScriptedPilot> {
  const group = { template: slotTexts(), wanted: 3, decision: 'd', limits: [], phases: {} };
  const groups = [
    { ...group, name: 'test' },
    { ...group, name: 'full', blocked: 'the quota of the namespace is used up' },
  ];
  const bid = { groups, pilots: [{ uid: 'a', name: 'a', group: 'test', registered: false }] };
  await pool.client('operator', 'here').raw('/v1/bidders/here', { method: 'POST', json: bid });
  const pilot = await ScriptedPilot.start({ url: pool.url, uid: 'a', token: await pool.token('pilot', 'a') });
  pilots.push(pilot);
  return pilot;
}

it('a summary counts jobs, pilots, cores and claims, by group and by submitter', async () => {
  const pilot = await site();
  const cluster = await submit('alice', 5, { RequestCpus: '1' });
  const start = await pilot.begin(`${cluster}.0`);
  await pilot.next('start', ({ job }) => job === `${cluster}.3`);
  await submit('bob', 7, { RequestCpus: '64' });
  await pool.client('submitter', 'bob').json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action: 'hold', jobs: ['2.6'], reason: 'r' },
  });
  const told = await summary();
  expect(told).toMatchObject({
    jobs: { Idle: 7, Running: 4, Held: 1 },
    pilots: { Idle: 0, Busy: 1, Draining: 0, Away: 0 },
    cores: { total: 4, used: 4 },
    freeCores: 0,
    claims: 4,
    counts: { starts: 4, firstStarts: 4 },
    groups: [
      {
        name: 'full',
        site: 'here',
        wanted: 3,
        blocked: 'the quota of the namespace is used up',
        cores: { total: 0 },
      },
      { name: 'test', site: 'here', wanted: 3, pilots: { Busy: 1 }, cores: { total: 4, used: 4 } },
    ],
    submitters: [
      { name: 'alice', idle: 1, running: 4, cores: 4 },
      { name: 'bob', idle: 6, running: 0, cores: 0 },
    ],
    more: { groups: 0, submitters: 0 },
    silentSites: [],
    volume: { state: 'Serving' },
  });
  expect(told.counts.passes).toBeGreaterThan(0);
  expect(told.counts.passSeconds).toBeGreaterThan(0);
  await pilot.finish(start);
  await pilot.next('start', ({ job }) => job === `${cluster}.4`);
  await expect
    .poll(async () => (await summary()).counts)
    .toMatchObject({ starts: 5, ends: { Completed: 1 } });
  pilot.cut();
  await expect.poll(async () => (await summary()).pilots).toEqual({ Idle: 0, Busy: 0, Draining: 0, Away: 1 });
});

it('a user is one submitter in all groups that do not exist, and another one than whoever has a similar name', async () => {
  const pilot = await site();
  const groups = [{ name: 'physics', cores: 4 }];
  pool.core.applySpec(poolSpec.parse({ accounting: { groups } }));
  await submit('alice', 1, { RequestCpus: '1', AcctGroup: '"x1"' });
  await pilot.next('start');
  await submit('alice', 3, { RequestCpus: '64', AcctGroup: '"x2"' });
  await submit('bob', 4, { RequestCpus: '64', AcctGroup: '"physics"' });
  await submit('physics.bob', 5, { RequestCpus: '64' });
  expect((await summary()).submitters).toMatchObject([
    { name: 'alice', idle: 3, running: 1, cores: 1 },
    { name: 'physics.bob', idle: 5 },
    { name: 'physics.bob', idle: 4 },
  ]);
});

it('cores of pilots that drain or are away are not free', async () => {
  await site();
  expect(await summary()).toMatchObject({ cores: { total: 4, used: 0 }, freeCores: 4, pilots: { Idle: 1 } });
  await pool.client('operator', 'here').raw('/v1/pilots/a/drain', { method: 'POST', json: { reason: 'r' } });
  await expect
    .poll(summary)
    .toMatchObject({ cores: { total: 4, used: 0 }, freeCores: 0, pilots: { Draining: 1 } });
});

it('however many ask at once, pilots are counted once', async () => {
  await site();
  let counted = 0;
  const { collector } = pool.core;
  const all = collector.all.bind(collector);
  collector.all = () => {
    counted += 1;
    return all();
  };
  await Promise.all(Array.from({ length: 50 }, summary));
  expect(counted).toBeLessThan(10);
});

it('a site that no longer asks for demand is told as silent', async () => {
  await pool.destroy();
  const clock = new ManualClock();
  pool = await TestPool.start({ clock });
  await pool.client('operator', 'here').raw('/v1/bidders/here', {
    method: 'POST',
    json: { groups: [{ name: 'g', template: slotTexts(), wanted: 1, decision: '', limits: [], phases: {} }] },
  });
  clock.advance(90_000);
  expect((await summary()).silentSites).toEqual([{ site: 'here', silentSeconds: 90 }]);
});
