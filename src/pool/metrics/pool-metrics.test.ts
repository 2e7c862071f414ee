import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';

let pool: TestPool;
let clock: ManualClock;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  pool = await TestPool.start({ clock });
});
afterEach(() => pool.destroy());

const submit = (ad: Record<string, string> = {}, procs = 1) =>
  pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, {
    method: 'POST',
    json: submitOf(procs, { RequestCpus: '2', ...ad }),
  });

/** The value of a series now; undefined if there is no such series. */
async function value(series: string): Promise<number | undefined> {
  const text = await pool.core.metrics.text();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}

async function arrive(group = 'g'): Promise<ScriptedPilot> {
  const uid = `u-${group}`;
  const token = await pool.token('pilot', uid);
  return ScriptedPilot.start({ url: pool.url, token, uid, hello: { group, site: 's' } });
}

describe('metrics of the pool', () => {
  test('tell how much of the time of the pilots of a group jobs have claimed', async () => {
    const pilot = await arrive();
    clock.advance(10_000);
    await submit();
    const start = await pilot.next('start');
    clock.advance(30_000);
    await pilot.run(start);
    clock.advance(5_000);
    const seconds = (state: string) =>
      value(`glidein_pool_pilot_core_seconds_total{site="s",group="g",state="${state}"}`);
    expect(await seconds('Claimed')).toBe(60);
    expect(await seconds('Unclaimed')).toBe(10 * 4 + 30 * 2 + 5 * 4);
    expect(await value('glidein_pool_pilots{site="s",group="g",state="Idle"}')).toBe(1);
  });

  test('go on with the time of a pilot until it has gone', async () => {
    const pilot = await arrive();
    clock.advance(10_000);
    pilot.say({ type: 'leaving', reason: 'idle' });
    await expect.poll(() => value('glidein_pool_pilots{site="s",group="g",state="Idle"}')).toBeUndefined();
    clock.advance(10_000);
    expect(await value('glidein_pool_pilot_core_seconds_total{site="s",group="g",state="Unclaimed"}')).toBe(
      40,
    );
  });

  test.each([
    ['Succeeded', { kind: 'exited', exitCode: 0 }],
    ['Failed', { kind: 'exited', exitCode: 1 }],
    ['Failed', { kind: 'signalled', signal: 'SIGSEGV' }],
    ['StartFailed', { kind: 'startFailed', blame: 'pilot', holdCode: 6, reason: 'no image' }],
    ['OutputFailed', { kind: 'outputFailed', holdCode: 12, reason: 'no file' }],
    ['Exceeded', { kind: 'exceeded', holdCode: 34, reason: 'too much memory' }],
    ['Stopped', { kind: 'stopped', reason: 'the node goes away' }],
  ] as const)('count the time of a claim as %s by its outcome (%j)', async (what, outcome) => {
    const pilot = await arrive();
    await submit();
    const start = await pilot.next('start');
    clock.advance(30_000);
    await pilot.run(start, outcome);
    const series = `glidein_pool_execution_core_seconds_total{site="s",group="g",outcome="${what}"}`;
    await expect.poll(() => value(series)).toBeGreaterThan(0);
  });

  test('count the time of a job that was removed while it ran as Removed', async () => {
    const pilot = await arrive();
    await submit();
    const start = await pilot.next('start');
    clock.advance(30_000);
    await pool.client('submitter', 'alice').json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action: 'remove', jobs: ['1.0'], reason: 'mistake' },
    });
    await pilot.run(start, { kind: 'stopped', reason: 'removed' });
    await expect
      .poll(() => value('glidein_pool_execution_core_seconds_total{site="s",group="g",outcome="Removed"}'))
      .toBeGreaterThan(0);
  });

  test('tell how long a payload took to start', async () => {
    const pilot = await arrive();
    await submit();
    const start = await pilot.next('start');
    await pilot.run(start);
    await expect.poll(() => value('glidein_pool_payload_start_seconds_count')).toBe(1);
  });

  test('tell what waits, and for how long', async () => {
    await submit({ ConcurrencyLimits: '"db"' }, 3);
    clock.advance(60_000);
    expect(await value('glidein_pool_waiting_jobs{class="NeedSlot"}')).toBe(3);
    expect(await value('glidein_pool_waiting_jobs{class="Limited"}')).toBe(0);
    expect(await value('glidein_pool_waiting_jobs{class="NotDue"}')).toBe(0);
    expect(await value('glidein_pool_oldest_waiting_seconds')).toBeGreaterThanOrEqual(60);
    pool.core.applySpec({ issuers: [], concurrencyLimits: [{ name: 'db', limit: 1 }] });
    expect(await value('glidein_pool_waiting_jobs{class="NeedSlot"}')).toBe(1);
    expect(await value('glidein_pool_waiting_jobs{class="Limited"}')).toBe(2);
  });

  test('tell the core-seconds of each submitter and accounting group', async () => {
    const pilot = await arrive();
    await submit();
    await pilot.next('start');
    clock.advance(30_000);
    expect(await value('glidein_pool_submitter_core_seconds_total{submitter="alice"}')).toBe(60);
    expect(await value('glidein_pool_accounting_group_core_seconds_total{accounting_group=""}')).toBe(60);
  });

  test('tell how many pilots are on their way, until the site that said so has been silent for a minute', async () => {
    const group = { name: 'g', template: {}, wanted: 3, decision: '', limits: [], phases: {} };
    const groups = [
      { ...group, starting: 2 },
      { ...group, name: 'h', starting: 1 },
      // An older site.
      { ...group, name: 'old', phases: { Unscheduled: 1, Validating: 2, Busy: 4 } },
    ];
    pool.core.bidders.put('s', { groups, waitSeconds: 0 });
    pool.core.bidders.put('t', { groups: [{ ...group, starting: 4 }], waitSeconds: 0 });
    expect(await value('glidein_pool_pilots_starting')).toBe(10);
    clock.advance(60_000);
    expect(await value('glidein_pool_pilots_starting')).toBe(0);
  });

  test('weigh core-seconds by the attribute of slots that accounting names', async () => {
    const token = await pool.token('pilot', 'u');
    const hello = { group: 'g', site: 's' };
    const pilot = await ScriptedPilot.start({
      url: pool.url,
      token,
      uid: 'u',
      slot: { HS23: '12.5' },
      hello,
    });
    const accounting = { halfLife: '24h', groups: [], scoreAttribute: 'HS23' };
    pool.core.applySpec({ issuers: [], concurrencyLimits: [], accounting });
    await submit();
    const start = await pilot.next('start');
    clock.advance(30_000);
    expect(await value('glidein_pool_submitter_score_seconds_total{submitter="alice"}')).toBe(750);
    expect(await value('glidein_pool_accounting_group_score_seconds_total{accounting_group=""}')).toBe(750);
    await pilot.run(start);
    expect(await value('glidein_pool_jobs{state="Running"}')).toBe(0);
    clock.advance(30_000);
    expect(await value('glidein_pool_submitter_score_seconds_total{submitter="alice"}')).toBe(750);
  });

  test('weigh claims of before a restart too, and count them for the groups that the specification names', async () => {
    const accounting = {
      halfLife: '24h',
      groups: [{ name: 'atlas', cores: 10, surplus: true }],
      scoreAttribute: 'HS23',
    };
    const spec = { issuers: [], concurrencyLimits: [], accounting };
    const come = async () => {
      const { url } = pool;
      const [token, hello] = [await pool.token('pilot', 'u'), { group: 'g', site: 's' }];
      return ScriptedPilot.start({ url, token, uid: 'u', slot: { HS23: '12.5' }, hello });
    };
    pool.core.applySpec(spec);
    const pilot = await come();
    await submit({ AcctGroup: '"atlas"' });
    await pilot.next('start');
    const { directory } = pool;
    await pool.stop();
    pool = await TestPool.start({ clock, directory });
    pool.core.applySpec(spec);
    await come();
    await pool.core.metrics.text();
    clock.advance(30_000);
    const group = (what: string) =>
      value(`glidein_pool_accounting_group_${what}_seconds_total{accounting_group="atlas"}`);
    expect([await group('core'), await group('score')]).toEqual([60, 750]);
  });

  test('name no submitter where everybody may read them', async () => {
    await pool.destroy();
    pool = await TestPool.start({ clock, settings: { metrics: 'Open' } });
    const pilot = await arrive();
    await submit();
    await pilot.next('start');
    expect(await pool.core.metrics.text()).not.toContain('alice');
  });
});

describe('metrics of services and nodes', () => {
  const services =
    '{[Name="triton";Phase="Ready";Restarts=2],[Name="bench";Phase="Completed";Restarts=0],[Name="db";Phase="Failed";Restarts=5]}';

  async function come(uid: string, slot: Record<string, string>): Promise<ScriptedPilot> {
    const token = await pool.token('pilot', uid);
    return ScriptedPilot.start({ url: pool.url, token, uid, slot, hello: { group: 'g', site: 's' } });
  }

  const scored = (score: string) => ({
    GLIDEIN_Services: services,
    HS23: score,
    HS23_At: '1700000000',
    HS23_Cached: 'false',
  });

  test('tell what the services of all pilots do, and how often they were started again', async () => {
    await Promise.all(['a', 'b'].map((uid) => come(uid, { GLIDEIN_Services: services })));
    const count = (service: string, state: string) =>
      value(`glidein_pool_services{service="${service}",state="${state}"}`);
    expect(await count('triton', 'Up')).toBe(2);
    expect(await count('triton', 'Failed')).toBe(0);
    expect(await count('bench', 'Up')).toBe(2);
    expect(await count('db', 'Failed')).toBe(2);
    expect(await value('glidein_pool_service_restarts{service="triton"}')).toBe(4);
  });

  test('are not spoiled by a pilot whose service was restarted by no number that counts', async () => {
    await come('a', { GLIDEIN_Services: services });
    const said = ['real("INF")', 'real("NaN")', '-3', '1e300'];
    await come('b', {
      GLIDEIN_Services: `{${said.map((each) => `[Name="triton";Restarts=${each}]`).join()}}`,
    });
    expect(await value('glidein_pool_services{service="triton",state="Down"}')).toBe(4);
    expect(await value('glidein_pool_service_restarts{service="triton"}')).toBe(2);
  });

  test('tell the benchmark scores of a group’s pilots', async () => {
    await come('a', scored('10'));
    await come('b', scored('13.0'));
    expect(await value('glidein_pool_benchmark_score{site="s",group="g",attribute="HS23"}')).toBe(11.5);
  });

  test('forget a service with the last pilot that had it', async () => {
    const pilot = await come('a', scored('10'));
    pilot.say({ type: 'leaving', reason: 'idle' });
    await expect.poll(() => value('glidein_pool_services{service="db",state="Failed"}')).toBeUndefined();
    expect(await pool.core.metrics.text()).not.toContain('HS23');
  });

  test('name at most twenty services, whatever pilots say', async () => {
    const many = (from: number) =>
      `{${Array.from({ length: 60 }, (_, index) => `[Name="s${from + index}\\n\\"}";Phase="Ready"]`).join()}}`;
    await come('a', { GLIDEIN_Services: many(0) });
    await come('b', { GLIDEIN_Services: many(1000) });
    await come('c', { GLIDEIN_Services: '[Name=3]' });
    await come('d', { GLIDEIN_Services: '{error,3,[Name=Name],[Name="";Phase=2]}' });
    const text = await pool.core.metrics.text();
    expect(text.match(/^glidein_pool_service_restarts\{/gm)).toHaveLength(21);
    expect(text).toContain('glidein_pool_services{service="(others)",state="Up"} 100');
  });

  test('tell on which node time was wasted, and where payloads do not start', async () => {
    const pilot = await come('a', { GLIDEIN_Node: '"worker-7"' });
    await submit();
    const start = await pilot.next('start');
    clock.advance(30_000);
    await pilot.run(start, { kind: 'startFailed', blame: 'pilot', holdCode: 6, reason: 'no image' });
    await expect.poll(() => value('glidein_pool_node_failed_starts{node="worker-7"}')).toBe(1);
    expect(await value('glidein_pool_node_wasted_core_seconds{node="worker-7"}')).toBeGreaterThan(0);
    expect(await value('glidein_pool_executions_total{outcome="StartFailed"}')).toBe(1);
  });

  test('name no node where a pilot says something else than the name of a node', async () => {
    const pilot = await come('a', { GLIDEIN_Node: '"a\\"} 1\\nglidein_pool_jobs 7"' });
    await submit();
    const start = await pilot.next('start');
    clock.advance(30_000);
    await pilot.run(start, { kind: 'exited', exitCode: 1 });
    await expect
      .poll(() => value('glidein_pool_node_wasted_core_seconds{node="(unknown)"}'))
      .toBeGreaterThan(0);
  });

  test('tell how long containers took, once for each', async () => {
    const pilot = await arrive();
    await submit();
    const start = await pilot.next('start');
    pilot.say({ type: 'started', claim: start.claim, at: clock.wall(), containerSeconds: 0.2 });
    await pilot.run(start);
    expect(await value('glidein_pool_container_start_seconds_count')).toBe(1);
    expect(await value('glidein_pool_container_start_seconds_sum')).toBe(0.2);
  });
});
