import { afterEach, beforeEach, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';

let pool: TestPool;
beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(() => pool.destroy());

const pilotOf = async (uid: string) =>
  ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid });

it('the outputs of an execution that is over never become those of its job', async () => {
  const alice = pool.client('submitter', 'alice');
  const json = submitOf();
  const { cluster } = await alice.json('/v1/jobs', submitAnswer, { method: 'POST', json });
  const outputs = async () => (await alice.json(`/v1/jobs/${cluster}`, jobsAnswer)).jobs[0]?.outputs;
  const first = await pilotOf('u1');
  const start = await first.begin(`${cluster}.0`);
  const stale = await first.bring('out', 'of the first execution');
  first.say({ type: 'leaving', reason: 'gone' });
  const second = await pilotOf('u2');
  const again = await second.next('start');
  // The file has come to the spool, but no record names it.
  expect(await outputs()).toEqual([]);
  const good = await second.bring('out', 'of the second execution');
  second.started(again);
  await second.finish(again, { outputs: [good] });
  const back = await pilotOf('u1');
  await back.finish(start, { outputs: [stale] });
  expect(await outputs()).toEqual([good]);
});
