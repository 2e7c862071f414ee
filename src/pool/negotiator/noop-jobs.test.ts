import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';

describe('jobs that are not run', () => {
  let clock: ManualClock;
  let pool: TestPool;

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    pool = await TestPool.start({ clock });
  });
  afterEach(() => pool.destroy());

  async function submit(more: Readonly<Record<string, string>>, procs = 1): Promise<number> {
    const json = submitOf(procs, { LeaveJobInQueue: 'true', ...more });
    const client = pool.client('submitter', 'alice');
    return (await client.json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster;
  }

  function job(cluster: number, proc = 0) {
    const found = pool.core.queue.find({ cluster, proc });
    if (found === undefined) throw new Error(`there is no job ${cluster}.${proc}`);
    return found;
  }

  const adOf = (cluster: number) => pool.core.ads.whole(job(cluster)).toTexts();

  it('a job with noop_job ends at once with the code 0, and no pilot is needed', async () => {
    const cluster = await submit({ IsNoopJob: 'true', Requirements: 'false' }, 50);
    await eventually(() => expect(job(cluster, 49).state).toBe('Completed'));
    expect(adOf(cluster)).toMatchObject({ ExitCode: '0', ExitBySignal: 'false', NumJobStarts: '1' });
    expect([...pool.core.queue.claimants()]).toEqual([]);
    expect([...pool.core.autoclusters.all()]).toEqual([]);
  });

  it.each([
    [{ NoopJobExitCode: '3' }, { ExitBySignal: 'false', ExitCode: '3' }],
    [{ NoopJobExitSignal: '9' }, { ExitBySignal: 'true', ExitSignal: '9' }],
    [
      { NoopJobExitCode: '3', NoopJobExitSignal: '9' },
      { ExitBySignal: 'false', ExitCode: '3' },
    ],
    [{ NoopJobExitCode: '2 * ProcId + 4' }, { ExitCode: '4' }],
    [
      { NoopJobExitCode: 'error', NoopJobExitSignal: '1e300' },
      { ExitBySignal: 'false', ExitCode: '0' },
    ],
  ])('a noop job ends as it says: %j', async (how, ad) => {
    const cluster = await submit({ IsNoopJob: 'true', ...how });
    await eventually(() => expect(job(cluster).state).toBe('Completed'));
    expect(adOf(cluster)).toMatchObject(ad);
  });

  it('exit policies apply to a noop job', async () => {
    const cluster = await submit({
      IsNoopJob: 'true',
      NoopJobExitCode: '7',
      OnExitHold: 'ExitCode == 7',
      OnExitHoldReason: '"seven"',
      OnExitHoldSubCode: '77',
    });
    await eventually(() =>
      expect(job(cluster)).toMatchObject({ state: 'Held', hold: { reason: 'seven', subcode: 77 } }),
    );
  });

  it('a noop job that fails has as many retries as it says, with backoffs between them', async () => {
    const cluster = await submit({
      IsNoopJob: 'true',
      NoopJobExitCode: '1',
      JobMaxRetries: '2',
      OnExitRemove: 'NumJobCompletions > JobMaxRetries || ExitCode =?= 0',
    });
    expect(job(cluster)).toMatchObject({ state: 'Idle', epoch: 1 });
    expect([...pool.core.autoclusters.all()]).toEqual([]);
    clock.advance(1500);
    await eventually(() => expect(job(cluster).epoch).toBe(2));
    clock.advance(2500);
    await eventually(() => expect(job(cluster)).toMatchObject({ state: 'Completed', epoch: 3 }));
    expect(adOf(cluster)).toMatchObject({ NumJobCompletions: '3', ExitCode: '1' });
  });

  it('a held job with noop_job stays held until it is released', async () => {
    const cluster = await submit({ IsNoopJob: 'true', JobStatus: '5' });
    expect(job(cluster).state).toBe('Held');
    const client = pool.client('submitter', 'alice');
    const json = { action: 'release', jobs: [String(cluster)], reason: 'please' };
    await client.json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
    await eventually(() => expect(job(cluster).state).toBe('Completed'));
  });

  it('noop jobs that are held together while the first of them end stay held', async () => {
    const json = { ...submitOf(1, { IsNoopJob: 'true' }), procs: { count: 1e9, attributes: {}, inputs: [] } };
    const client = pool.client('submitter', 'alice');
    const { cluster } = await client.json('/v1/jobs', submitAnswer, { method: 'POST', json });
    const hold = { action: 'hold', jobs: [String(cluster)], reason: 'stop' };
    await client.json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json: hold });
    const held = pool.core.queue.fresh(cluster)?.procs.size ?? 0;
    expect(pool.core.queue.countIn('Held')).toBe(held);
    for (let turn = 0; turn < 100; turn += 1) await nextTurn();
    expect(pool.core.queue.countIn('Held')).toBe(held);
  });

  it('a pool starts at once with a billion jobs that may be noop jobs and are none', async () => {
    const json = {
      ...submitOf(1, { IsNoopJob: 'false' }),
      procs: { count: 1e9, attributes: {}, inputs: [] },
    };
    const { cluster } = await pool
      .client('submitter', 'alice')
      .json('/v1/jobs', submitAnswer, { method: 'POST', json });
    const { directory } = pool;
    await pool.stop();
    pool = await TestPool.start({ clock, directory });
    expect(pool.core.autoclusters.of(job(cluster, 5))?.waiting.size).toBe(1e9);
  });

  it.each(['false', 'undefined', 'error', '"yes"', 'Nothing + 1'])(
    'a job whose noop_job is %s waits for a pilot',
    async (text) => {
      const cluster = await submit({ IsNoopJob: text });
      await pool.core.ledger.settled();
      expect(job(cluster)).toMatchObject({ state: 'Idle', epoch: 0 });
    },
  );

  it('a noop job stays ended after a restart', async () => {
    const cluster = await submit({ IsNoopJob: 'true' });
    await eventually(() => expect(job(cluster).state).toBe('Completed'));
    const { directory } = pool;
    await pool.stop();
    pool = await TestPool.start({ clock, directory });
    expect(job(cluster)).toMatchObject({ state: 'Completed', epoch: 1 });
  });
});
