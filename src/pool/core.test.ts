import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import type { AnnouncedPilot } from '#wire/bid.ts';
import { submitAnswer } from '#wire/jobs.ts';
import { demandFor } from './registry/demand.ts';

describe('a pool', () => {
  let pool: TestPool;
  const clock = () => new ManualClock(Date.now());

  afterEach(async () => {
    await pool.destroy();
  });

  const pilot = async (uid: string, more: object = {}) =>
    ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid, ...more });
  const submit = (request = submitOf()) =>
    pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, { method: 'POST', json: request });
  const announce = (to: TestPool, site: string, ...pilots: AnnouncedPilot[]) =>
    to.core.bidders.announce(site, { session: 's', complete: true, pilots, ended: [] });
  const jobOf = (cluster: number) => pool.core.queue.find({ cluster, proc: 0 });

  /** Lets seconds pass in steps in which pings are answered. */
  async function pass(time: ManualClock, subject: ScriptedPilot, seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds && subject.ended === undefined; passed += 20) {
      subject.say({ type: 'renew', sequence: passed });
      await subject.next('renewed', ({ sequence }) => sequence === passed).catch(() => undefined);
      time.advance(20_000);
    }
  }

  it('the jobs of a silent pilot go to others when its lease is over, and not before', async () => {
    const time = clock();
    pool = await TestPool.start({ clock: time, leaseSeconds: 60 });
    const first = await pilot('u1');
    const { cluster } = await submit();
    await first.next('start');
    first.cut();
    const second = await pilot('u2');
    time.advance(45_000);
    second.say({ type: 'renew', sequence: 1 });
    await second.next('renewed');
    time.advance(10_000);
    expect(jobOf(cluster)?.claim?.pilotUid).toBe('u1');
    time.advance(20_000);
    expect((await second.next('start')).claim.epoch).toBe(2);
    expect(pool.core.collector.get('u1')).toBeUndefined();
  });

  it('every lease begins anew after a restart of the pool', async () => {
    pool = await TestPool.start();
    const first = await pilot('u1');
    const { cluster } = await submit();
    const { claim } = await first.next('start');
    await pool.stop();
    const time = clock();
    pool = await TestPool.start({ clock: time, leaseSeconds: 60, directory: pool.directory });
    time.advance(55_000);
    expect(jobOf(cluster)?.claim?.ref).toEqual(claim);
    time.advance(20_000);
    expect(jobOf(cluster)).toMatchObject({ state: 'Idle', epoch: 1 });
  });

  it('a pool that is restarted with a shorter lease keeps to the longer one until no pilot can count on it', async () => {
    pool = await TestPool.start({ leaseSeconds: 2400 });
    const first = await pilot('u1');
    const { cluster } = await submit();
    const { claim } = await first.next('start');
    first.cut();
    await pool.stop();
    // Killed at once: whoever comes next knows of the longer lease too.
    pool = await TestPool.start({ leaseSeconds: 10, directory: pool.directory });
    await pool.stop();
    const time = clock();
    pool = await TestPool.start({ clock: time, leaseSeconds: 10, directory: pool.directory });
    time.advance(2_300_000);
    expect(jobOf(cluster)?.claim?.ref).toEqual(claim);
    time.advance(200_000);
    expect(jobOf(cluster)).toMatchObject({ state: 'Idle', epoch: 1 });
    const second = await pilot('u2');
    await second.next('start');
    time.advance(25_000);
    expect(pool.core.collector.get('u2')).toBeUndefined();
    await expect.poll(() => readFile(join(pool.directory, 'pool.lease'), 'utf8')).toBe('10\n');
  });

  it('a pilot is taken back after a restart of the pool with all that it holds', async () => {
    pool = await TestPool.start();
    const first = await pilot('u1');
    const { cluster } = await submit();
    const start = await first.next('start');
    first.started(start);
    await expect.poll(() => jobOf(cluster)?.attempts[0]?.startedAt).toBeDefined();
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    const back = await pilot('u1', { hello: { claims: [start.claim] } });
    expect((await back.next('welcome')).drop).toEqual([]);
    expect(pool.core.collector.get('u1')?.free.cpus).toBe(3);
    back.finished(start);
    await back.recorded(start.claim);
    expect(jobOf(cluster)?.state ?? 'Completed').toBe('Completed');
  });

  it('the socket of a newcomer that says nothing is closed', async () => {
    const time = clock();
    pool = await TestPool.start({ clock: time });
    const newcomer = await ScriptedPilot.open({
      url: pool.url,
      token: await pool.token('pilot', 'u'),
      uid: 'u',
    });
    time.advance(15_001);
    expect(await newcomer.end()).toMatchObject({ code: 1008, reason: expect.stringContaining('hello') });
  });

  it('a pilot that answers no pings is cut off and given nothing more, and keeps what it holds', async () => {
    const time = clock();
    pool = await TestPool.start({ clock: time, leaseSeconds: 7200 });
    const subject = await pilot('u1', { answersPings: false });
    const { cluster } = await submit();
    await subject.next('start');
    time.advance(30_000);
    time.advance(30_000);
    await subject.end();
    await expect.poll(() => pool.core.collector.get('u1')?.connection).toBeUndefined();
    const { cluster: later } = await submit();
    expect(jobOf(cluster)?.claim?.pilotUid).toBe('u1');
    expect(jobOf(later)?.state).toBe('Idle');
  });

  it('the socket of a pilot whose token has expired is closed, and the pilot is kept', async () => {
    const time = clock();
    pool = await TestPool.start({ clock: time, leaseSeconds: 7200 });
    const subject = await pilot('u1');
    await pass(time, subject, 3610);
    expect(await subject.end()).toMatchObject({ code: 1000, reason: expect.stringContaining('token') });
    await expect.poll(() => pool.core.collector.get('u1')?.connection).toBeUndefined();
    expect(pool.core.collector.get('u1')).toBeDefined();
  }, 15_000);

  it('a site is asked to prove the death of its own pilots alone', async () => {
    pool = await TestPool.start();
    const first = await pilot('u1', { hello: { site: 'geneva' } });
    await submit();
    await first.next('start');
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    const missing = (site: string) => demandFor(pool.core, site, { groups: [], waitSeconds: 0 }, 1).missing;
    for (const site of ['bonn', 'geneva']) announce(pool, site);
    expect(missing('bonn')).toEqual([]);
    expect(missing('geneva')).toEqual(['u1']);
    announce(pool, 'geneva', { uid: 'u1', name: 'p', group: 'g', registered: true });
    expect(missing('geneva')).toEqual([]);
  });

  it('a pool does not know the demand while pilots that a site knows may still come back', async () => {
    const time = clock();
    pool = await TestPool.start({ clock: time });
    const ask = () => demandFor(pool.core, 'here', { groups: [], waitSeconds: 0 }, 1);
    expect(ask()).toMatchObject({ known: false, reason: expect.stringContaining('not announced yet') });
    announce(pool, 'here', { uid: 'u1', name: 'p', group: 'g', registered: true });
    expect(ask()).toMatchObject({ known: false, reason: expect.stringContaining('1 of your pilots') });
    await pilot('u1');
    expect(ask().known).toBe(true);
    pool.core.collector.remove('u1');
    time.advance(30_000);
    expect(ask().known).toBe(true);
  });

  it('a pilot that has lost its connection is not offered as one that could take a job', async () => {
    const time = clock();
    pool = await TestPool.start({ clock: time });
    const subject = await pilot('u1');
    const ask = () => demandFor(pool.core, 'here', { groups: [], waitSeconds: 0, ask: 'q1' }, 1);
    expect(ask()).toMatchObject({ ask: 'q1', pilots: [{ connected: true, disconnectedSeconds: 0 }] });
    subject.cut();
    await expect.poll(() => ask().pilots[0]?.connected).toBe(false);
    time.advance(40_000);
    expect(ask().pilots[0]).toMatchObject({ state: 'Idle', connected: false, disconnectedSeconds: 40 });
    await pilot('u1');
    expect(ask().pilots[0]).toMatchObject({ connected: true, disconnectedSeconds: 0 });
  });

  it('a job that waits for a certain time is looked at again when the time has come', async () => {
    const time = clock();
    pool = await TestPool.start({ clock: time, leaseSeconds: 7200 });
    const subject = await pilot('u1');
    const at = Math.floor(time.wall() / 1000) + 100;
    await submit(submitOf(1, { Requirements: `time() >= ${at}` }));
    await subject.next('work');
    expect(subject.heard.some(({ type }) => type === 'start')).toBe(false);
    await pass(time, subject, 130);
    await subject.next('start');
  });

  it('a pool that is closed records nothing more', async () => {
    pool = await TestPool.start();
    const { cluster } = await submit();
    const { core } = pool;
    await pool.stop();
    const job = { cluster, proc: 0 };
    expect(() => core.ledger.record({ type: 'remove', at: 0, job, reason: 'late' })).toThrow(/ends/);
    pool = await TestPool.start({ directory: pool.directory });
    expect(jobOf(cluster)?.state).toBe('Idle');
  });
});
