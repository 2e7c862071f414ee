import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';
import type { Hello } from '#wire/pilot-messages.ts';

let pool: TestPool;
const pilots: ScriptedPilot[] = [];

beforeEach(async () => {
  pool = await TestPool.start();
  await pool.client('operator', 'here').raw('/v1/bidders/here/pilots', {
    method: 'POST',
    json: {
      session: 's',
      complete: true,
      pilots: [{ uid: 'a', name: 'a', group: 'test', registered: false }],
    },
  });
});
afterEach(async () => {
  for (const pilot of pilots.splice(0)) pilot.cut();
  await pool.destroy();
});

async function start(hello: Partial<Hello> = { resumes: true }): Promise<ScriptedPilot> {
  const pilot = await ScriptedPilot.start({
    url: pool.url,
    uid: 'a',
    token: await pool.token('pilot', 'a'),
    hello,
  });
  pilots.push(pilot);
  return pilot;
}
const submit = async (): Promise<string> => {
  const request = { method: 'POST', json: submitOf() } as const;
  return `${(await pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, request)).cluster}.0`;
};
const order = (method: 'POST' | 'DELETE', reason = 'new kernel') =>
  pool
    .client('operator', 'here')
    .raw('/v1/pilots/a/drain', { method, ...(method === 'POST' && { json: { reason } }) });
const drainReason = () => pool.core.collector.get('a')?.drainReason;

describe('a pilot that was asked to drain', () => {
  it('gets jobs again once it says that it serves, and not when it is asked to', async () => {
    const pilot = await start();
    await order('POST');
    await pilot.next('drain');
    const job = await submit();
    await order('DELETE');
    await pilot.next('resume');
    expect(drainReason()).toBe('new kernel');
    expect(pilot.heard.map(({ type }) => type)).not.toContain('start');
    pilot.say({ type: 'serving' });
    expect((await pilot.next('start')).job).toBe(job);
  });

  it('goes on draining if it has a reason of its own, which is then shown', async () => {
    const pilot = await start();
    await order('POST');
    await order('DELETE');
    await pilot.next('resume');
    pilot.say({ type: 'draining', reason: 'retired' });
    await expect.poll(drainReason).toBe('retired');
  });

  it('is asked to come back on its next connection if the first one broke, and serves if it says so there', async () => {
    (await start()).cut();
    await order('POST');
    await order('DELETE');
    const again = await start({ resumes: true, draining: true, connection: 2 });
    await again.next('resume');
    expect(drainReason()).toBe('new kernel');
    again.cut();
    await start({ resumes: true, draining: false, connection: 3 });
    expect(drainReason()).toBeUndefined();
  });

  it('drains if it was asked to once more, whatever it has answered before', async () => {
    const pilot = await start();
    await order('POST');
    await order('DELETE');
    await order('POST', 'after all');
    pilot.say({ type: 'serving' });
    pilot.say({ type: 'renew', sequence: 1 });
    await pilot.next('renewed');
    expect(drainReason()).toBe('after all');
  });

  it('is left alone if its version cannot be taken back, or if it does not drain', async () => {
    const pilot = await start({});
    await order('DELETE');
    await order('POST');
    await expect(order('DELETE')).rejects.toMatchObject({ code: 'Conflict' });
    expect(pilot.heard.map(({ type }) => type)).not.toContain('resume');
    await expect(
      pool.client('submitter', 'alice').raw('/v1/pilots/a/drain', { method: 'DELETE' }),
    ).rejects.toMatchObject({ code: 'Forbidden' });
    await expect(
      pool.client('operator', 'here').raw('/v1/pilots/b/drain', { method: 'DELETE' }),
    ).rejects.toMatchObject({ code: 'NotFound' });
  });
});
