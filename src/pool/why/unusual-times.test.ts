import { afterEach, expect, it } from 'vitest';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { demandAnswer } from '#wire/bid.ts';
import { submitAnswer } from '#wire/jobs.ts';
import { whyAnswer } from '#wire/why.ts';

let pool: TestPool;
afterEach(() => pool.destroy());

const alice = () => pool.client('submitter', 'alice');
const submit = async (procs = 1): Promise<number> =>
  (await alice().json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs) })).cluster;
const whyOf = (job: string) => alice().json(`/v1/jobs/${job}/why`, whyAnswer);

it('why names the site that no longer bids', async () => {
  const clock = new ManualClock(Date.now());
  pool = await TestPool.start({ clock });
  const group = {
    name: 'g',
    template: slotTexts({ Cpus: '1' }),
    wanted: 1,
    decision: '',
    limits: [],
    phases: {},
  };
  await pool.client('operator').json('/v1/bidders/here', demandAnswer, {
    method: 'POST',
    json: { groups: [group], pilots: [], waitSeconds: 0 },
  });
  const cluster = await submit();
  expect((await whyOf(`${cluster}.0`)).kind).toBe('pilotWanted');
  clock.advance(120_000);
  expect(await whyOf(`${cluster}.0`)).toMatchObject({
    kind: 'siteSilent',
    summary:
      'The operator of the site that feeds this pool has not been heard (here for 2m), so no new pilots come: tell it.',
  });
});

it('why says that the pool has restarted and waits for its pilots', async () => {
  pool = await TestPool.start();
  const pilot = await ScriptedPilot.start({
    url: pool.url,
    token: await pool.token('pilot', 'u1'),
    uid: 'u1',
    slot: { Cpus: '1' },
  });
  const cluster = await submit(2);
  await pilot.begin(`${cluster}.0`);
  const { directory } = pool;
  await pool.stop();
  pool = await TestPool.start({ directory });
  expect(await whyOf(`${cluster}.1`)).toMatchObject({
    kind: 'poolRestarting',
    summary: expect.stringMatching(/^The pool restarted .*s ago and waits for 1 pilot to come back\.$/),
  });
});
