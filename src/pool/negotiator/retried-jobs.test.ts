import { afterEach, beforeEach, expect, test } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';
import { whyAnswer } from '#wire/why.ts';

let pool: TestPool;
beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(() => pool.destroy());

const alice = () => pool.client('submitter', 'alice');
const pilotOf = async (uid: string) =>
  ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid });
const submit = async (ad: Readonly<Record<string, string>>) =>
  (await alice().json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(1, ad) })).cluster;
const release = (cluster: number) =>
  alice().json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action: 'release', jobs: [`${cluster}.0`], reason: 'r' },
  });

test('a released job that ran out of memory asks for more, where its request_memory reads what it took', async () => {
  const pilot = await pilotOf('u1');
  const cluster = await submit({
    RequestMemory: 'ifThenElse(MemoryUsage is undefined, 1024, 2 * MemoryUsage)',
  });
  const start = await pilot.next('start');
  expect(start.resources.memory).toBe(1024);
  pilot.started(start);
  pilot.finished(
    start,
    { kind: 'exceeded', holdCode: 34, reason: 'r' },
    { usage: { wallSeconds: 1, memoryPeakBytes: 1100 * 2 ** 20 } },
  );
  await pilot.recorded(start.claim);
  await release(cluster);
  const again = await pilot.next('start', ({ claim }) => claim.epoch === 2);
  expect(again.resources.memory).toBe(2304);
});

test('a job whose requirements read its own starts is kept from slots that took it once', async () => {
  const north = await ScriptedPilot.start({
    url: pool.url,
    token: await pool.token('pilot', 'u1'),
    uid: 'u1',
    slot: { Site: '"north"' },
  });
  const cluster = await submit({ Requirements: 'NumShadowStarts < 1 || TARGET.Site =!= "north"' });
  const start = await north.next('start');
  north.started(start);
  north.finished(start, { kind: 'startFailed', blame: 'job', holdCode: 6, reason: 'r' });
  await north.recorded(start.claim);
  await release(cluster);
  const { summary } = await alice().json(`/v1/jobs/${cluster}.0/why`, whyAnswer);
  expect(summary).toMatch(/^Its Requirements need NumShadowStarts < 1 .* which is not true for any slot/);
  const south = await pilotOf('u2');
  expect((await south.next('start')).claim.epoch).toBe(2);
});
