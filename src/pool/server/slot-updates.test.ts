import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';

describe('a pilot whose slot changes', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const start = async (uid: string) =>
    ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid });
  const submit = (requirements: string) =>
    pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, {
      method: 'POST',
      json: submitOf(1, { Requirements: requirements }),
    });
  const update = (pilot: ScriptedPilot, more: Readonly<Record<string, string>>) =>
    pilot.say({ type: 'slot', slot: slotTexts(more) });

  it('learns from the welcome that the pool takes updates', async () => {
    expect(await (await start('u1')).next('welcome')).toMatchObject({ slotUpdates: true });
  });

  it('gets the job that waits for what its slot has now, and none once its slot has lost it', async () => {
    const pilot = await start('u1');
    update(pilot, { HasService_triton: 'false' });
    const { cluster } = await submit('TARGET.HasService_triton');
    await pilot.next('work');
    update(pilot, { HasService_triton: 'true' });
    expect(await pilot.next('start')).toMatchObject({ job: `${cluster}.0` });
    update(pilot, { HasService_triton: 'false' });
    await expect
      .poll(() => pool.core.collector.get('u1')?.facts.slot.evaluate('HasService_triton'))
      .toBe(false);
    await submit('TARGET.HasService_triton');
    const { cluster: other } = await submit('true');
    expect(await pilot.next('start', ({ job }) => job !== `${cluster}.0`)).toMatchObject({
      job: `${other}.0`,
    });
  });

  it('keeps its claims, and what they take is not free', async () => {
    const pilot = await start('u1');
    await submit('true');
    await pilot.next('start');
    update(pilot, { Cpus: '3' });
    const known = () => pool.core.collector.get('u1');
    await expect.poll(() => known()?.free.cpus).toBe(2);
    expect(known()?.claims.size).toBe(1);
  });

  it('cannot say that it is another pilot', async () => {
    const pilot = await start('u1');
    update(pilot, { Name: '"other"', GLIDEIN_Group: '"other"', New: '1' });
    const slot = () => pool.core.collector.get('u1')?.facts.slot;
    await expect.poll(() => slot()?.evaluate('New')).toBe(1);
    expect(slot()?.evaluate('GLIDEIN_Group')).toBe('test');
    expect(slot()?.evaluate('Name')).toBe('slot1@pilot-u1');
  });

  it('is sent away with the reason if the pool cannot read the slot', async () => {
    const pilot = await start('u1');
    update(pilot, { Start: 'true &&' });
    expect(await pilot.end()).toMatchObject({ code: 1008 });
  });
});
