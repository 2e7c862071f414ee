import { afterEach, beforeEach, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';

let pool: TestPool;
beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(async () => {
  await pool.destroy();
});

it.each(['remove', 'hold'] as const)(
  'a pilot is told that its payload is stopped by %s, so that it sends the right signal',
  async (action) => {
    const client = pool.client('submitter', 'alice');
    const { cluster } = await client.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(1) });
    const pilot = await ScriptedPilot.start({
      url: pool.url,
      token: await pool.token('pilot', 'a'),
      uid: 'a',
      slot: {},
    });
    const start = await pilot.next('start');
    pilot.started(start);
    const json = { action, jobs: [`${cluster}.0`], reason: 'enough' };
    await client.json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
    expect(await pilot.next('stop')).toMatchObject({ claim: start.claim, cause: action });
  },
);
