import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { RawPilot } from '#testing/raw-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { whyAnswer } from '#wire/why.ts';

describe('the socket of a pilot', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const open = async (uid: string, more: object = {}) =>
    RawPilot.open({ url: pool.url, token: await pool.token('pilot', uid), uid, ...more });
  const start = async (uid: string, more: object = {}) =>
    RawPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid, ...more });
  const submit = (request = submitOf()) =>
    pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, { method: 'POST', json: request });
  const job = async (name: string) => {
    const { jobs } = await pool.client('submitter', 'alice').json(`/v1/jobs/${name}`, jobsAnswer);
    return jobs[0]!;
  };

  it('runs a job from submit to completion', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    const message = await pilot.next('start');
    expect(message).toMatchObject({ job: `${cluster}.0`, claim: { id: `${cluster}.0.1`, epoch: 1 } });
    await pilot.run(message);
    expect((await job(`${cluster}.0`)).ad).toMatchObject({ JobStatus: '4', ExitCode: '0' });
  });

  it('refuses a hello under another uid', async () => {
    const pilot = await open('u1');
    pilot.sayHello({ uid: 'u2' });
    expect(await pilot.end()).toEqual({ code: 1008, reason: 'the token belongs to another pilot' });
    expect(pool.core.collector.get('u2')).toBeUndefined();
  });

  it.each([
    ['not JSON', 'hello?', /not JSON/],
    ['an unknown type', '{"type":"hi"}', /type/],
    ['another first message', '{"type":"renew","sequence":1}', /first message must be hello/],
  ])('closes at %s', async (_what, text, reason) => {
    const pilot = await open('u1');
    pilot.sayRaw(text);
    const end = await pilot.end();
    expect(end.code).toBe(1008);
    expect(end.reason).toMatch(reason);
  });

  it('closes at a slot ad that does not parse, however long and foreign its text', async () => {
    const pilot = await open('u1', { slot: { Start: `"${'語'.repeat(500)}` } });
    pilot.sayHello();
    const end = await pilot.end();
    expect(end.code).toBe(1008);
    expect(end.reason).not.toBe('');
    // The pool is still there.
    await start('u2');
  });

  it('closes at a reason that holds the peer’s own long text', async () => {
    const pilot = await open('u1');
    pilot.sayHello({ slot: { ['名'.repeat(100)]: '1 +' } });
    expect((await pilot.end()).code).toBe(1008);
  });

  it('closes at a message beyond the limit', async () => {
    const pilot = await start('u1');
    pilot.sayRaw(Buffer.alloc(maxMessageBytes + 1, ' '));
    expect((await pilot.end()).code).toBe(1009);
  });

  it('refuses slots that ask for too many attributes of jobs', async () => {
    const clauses = Array.from({ length: 1500 }, (_, index) => `TARGET.Want${index}`);
    const slot = Object.fromEntries(clauses.map((clause, index) => [`A${index}`, clause]));
    const pilot = await open('u1', { slot });
    pilot.sayHello();
    expect((await pilot.end()).reason).toMatch(/1000 attributes/);
    expect(pool.core.collector.get('u1')).toBeUndefined();
  });

  it('answers upgrades without a token, with a wrong role and to wrong places', async () => {
    const at = (path: string, token: string) =>
      RawPilot.open({ url: `${pool.url}${path}`, token, uid: 'u1' });
    await expect(at('', 'nonsense')).rejects.toThrow('401');
    await expect(at('', await pool.token('submitter'))).rejects.toThrow('403');
    await expect(at('', await pool.token('pilot', 'u1', -10))).rejects.toThrow('401');
    await expect(at('/else', await pool.token('pilot', 'u1'))).rejects.toThrow('404');
  });

  it('sends a claim again that the pilot never heard of, and no claim that is not durable', async () => {
    const first = await start('u1');
    const { cluster } = await submit();
    await first.next('start');
    first.cut();
    const second = await start('u1');
    expect((await second.next('start')).claim.id).toBe(`${cluster}.0.1`);
  });

  it('runs a started job again under a new epoch when its pilot comes back without it', async () => {
    const first = await start('u1');
    const { cluster } = await submit();
    first.started(await first.next('start'));
    await expect.poll(async () => (await job(`${cluster}.0`)).attempts[0]?.startedAt).toBeDefined();
    first.cut();
    const second = await start('u1');
    const again = await second.next('start');
    expect(again.claim).toMatchObject({ id: `${cluster}.0.2`, epoch: 2 });
    await second.run(again);
    expect(pool.core.collector.get('u1')?.free).toMatchObject({ cpus: 4, memory: 4096 });
  });

  const act = (action: 'hold' | 'release' | 'remove', name: string) =>
    pool.client('submitter', 'alice').json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action, jobs: [name], reason: 'test' },
    });
  const free = (uid = 'u1') => pool.core.collector.get(uid)?.free.cpus;

  it('drops held claims that are over', async () => {
    const first = await start('u1');
    const { cluster } = await submit();
    const { claim } = await first.next('start');
    await pool.core.pilotGone('u1', 'proven dead');
    await act('remove', `${cluster}.0`);
    const second = await open('u1');
    second.sayHello({ claims: [claim] });
    expect((await second.next('welcome')).drop).toEqual([claim]);
  });

  it('a held job that is released starts again only when its first payload is dead', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    const first = await pilot.next('start');
    pilot.started(first);
    await act('hold', `${cluster}.0`);
    await pilot.next('stop');
    await act('release', `${cluster}.0`);
    const other = await submit();
    await pilot.next('start', ({ job }) => job === `${other.cluster}.0`);
    expect(pilot.heard.filter((message) => message.type === 'start')).toHaveLength(2);
    const { summary } = await pool.client('submitter', 'alice').json(`/v1/jobs/${cluster}.0/why`, whyAnswer);
    expect(summary).toMatch(/former execution on pilot pilot-u1 is still being ended/);
    pilot.finished(first, { kind: 'stopped', reason: 'held' });
    await pilot.next('start', ({ claim }) => claim.id === `${cluster}.0.2`);
  });

  it.each(['hold', 'remove'] as const)(
    'a slot is taken after %s until the payload is dead',
    async (action) => {
      const pilot = await start('u1');
      const { cluster } = await submit();
      const message = await pilot.next('start');
      pilot.started(message);
      await act(action, `${cluster}.0`);
      await pilot.next('stop');
      expect(free()).toBe(3);
      pilot.finished(message, { kind: 'stopped', reason: 'asked' });
      await pilot.recorded(message.claim);
      expect(free()).toBe(4);
      const { ad, attempts } = await job(`${cluster}.0`);
      expect(ad.JobStatus).toBe(action === 'hold' ? '5' : '3');
      expect(attempts[0]?.outcome).toEqual({ kind: 'stopped', reason: 'asked' });
    },
  );

  it('a pilot that missed the stop of its claim hears it when it comes back', async () => {
    const first = await start('u1');
    const { cluster } = await submit();
    const { claim } = await first.next('start');
    first.cut();
    await act('remove', `${cluster}.0`);
    const second = await open('u1');
    second.sayHello({ claims: [claim] });
    expect((await second.next('welcome')).drop).toEqual([]);
    expect((await second.next('stop')).claim).toEqual(claim);
    expect(free()).toBe(3);
  });

  it('an ending claim is over when its pilot is gone, or comes back without it', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    pilot.started(await pilot.next('start'));
    await act('hold', `${cluster}.0`);
    await act('release', `${cluster}.0`);
    pilot.cut();
    const back = await start('u1');
    back.started(await back.next('start', ({ claim }) => claim.id === `${cluster}.0.2`));
    await act('hold', `${cluster}.0`);
    await act('release', `${cluster}.0`);
    await pool.core.pilotGone('u1', 'proven dead');
    const other = await start('u2');
    await other.next('start', ({ claim }) => claim.id === `${cluster}.0.3`);
  });

  it('an ending claim survives a restart of the pool', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    const { claim } = await pilot.next('start');
    await act('remove', `${cluster}.0`);
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    const back = await open('u1');
    back.sayHello({ claims: [claim] });
    await back.next('stop');
    expect(free()).toBe(3);
    back.finished({ claim }, { kind: 'stopped', reason: 'asked' });
    await back.recorded(claim);
    expect(free()).toBe(4);
    expect((await job(`${cluster}.0`)).attempts[0]?.outcome).toEqual({ kind: 'stopped', reason: 'asked' });
  });

  it('stops the payload of a removed job with a reason that the pilot accepts', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    await pilot.next('start');
    await pool.client('submitter', 'alice').json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action: 'remove', jobs: [`${cluster}.0`], reason: 'x'.repeat(1024) },
    });
    expect((await pilot.next('stop')).claim.id).toBe(`${cluster}.0.1`);
  });

  it('says recorded again and again, and counts one completion', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    const message = await pilot.next('start');
    pilot.started(message);
    pilot.started(message);
    pilot.finished(message);
    pilot.finished(message, { kind: 'exited', exitCode: 7 });
    await expect
      .poll(() => pilot.heard.filter(({ type }) => type === 'recorded').length, { timeout: 3000 })
      .toBe(2);
    expect((await job(`${cluster}.0`)).ad).toMatchObject({
      JobStatus: '4',
      ExitCode: '0',
      NumJobCompletions: '1',
      NumJobStarts: '1',
    });
  });

  it('keeps a late result with its attempt, even after the job has moved to the history', async () => {
    const slow = await start('u1');
    const { cluster } = await submit();
    const lost = await slow.next('start');
    slow.started(lost);
    slow.cut();
    await pool.core.pilotGone('u1', 'proven dead');
    const other = await start('u2');
    await other.run(await other.next('start'));
    await expect.poll(() => pool.core.queue.find({ cluster, proc: 0 }), { timeout: 6000 }).toBeUndefined();
    const back = await open('u1');
    back.sayHello({ claims: [lost.claim] });
    expect((await back.next('welcome')).drop).toEqual([lost.claim]);
    back.finished(lost, { kind: 'exited', exitCode: 9 });
    await back.recorded(lost.claim);
    const { ad, attempts } = await job(`${cluster}.0`);
    expect(ad).toMatchObject({ JobStatus: '4', ExitCode: '0' });
    expect(attempts.map(({ epoch, outcome }) => [epoch, outcome])).toEqual([
      [1, { kind: 'exited', exitCode: 9 }],
      [2, { kind: 'exited', exitCode: 0 }],
    ]);
  }, 15_000);

  it('takes no word about a claim from a pilot that does not hold it', async () => {
    const owner = await start('u1');
    const { cluster } = await submit();
    const message = await owner.next('start');
    const thief = await start('u2');
    thief.finished(message, { kind: 'exited', exitCode: 66 });
    await thief.recorded(message.claim);
    const { ad, attempts } = await job(`${cluster}.0`);
    expect(ad.JobStatus).toBe('2');
    expect(attempts[0]?.outcome).toBeUndefined();
    await owner.run(message);
  });

  it('brings no ended job back into memory for a pilot that never ran it', async () => {
    const owner = await start('u1');
    const { cluster } = await submit();
    const message = await owner.next('start');
    await owner.run(message);
    await expect.poll(() => pool.core.queue.find({ cluster, proc: 0 }), { timeout: 6000 }).toBeUndefined();
    const thief = await start('u2');
    thief.finished(message, { kind: 'exited', exitCode: 66 });
    await thief.recorded(message.claim);
    expect(pool.core.queue.find({ cluster, proc: 0 })).toBeUndefined();
  }, 15_000);

  it('hears nothing more on a connection that another took over', async () => {
    const old = await start('u1');
    await start('u1');
    expect(await old.end()).toMatchObject({ code: 1000 });
    expect(pool.core.collector.get('u1')?.connection).toBeDefined();
  });

  it('does not renew a pilot that was given up', async () => {
    const pilot = await start('u1');
    await pool.core.pilotGone('u1', 'silent');
    pilot.say({ type: 'renew', sequence: 1 });
    expect(await pilot.end()).toMatchObject({ code: 1000 });
    expect(pilot.heard.map(({ type }) => type)).not.toContain('renewed');
  });

  it('tells a pilot once that no work waits, and again on a new connection', async () => {
    const pilot = await start('u1');
    await pilot.next('work');
    const { cluster } = await submit(submitOf(1, { RequestCpus: '64' }));
    await job(`${cluster}.0`);
    pilot.say({ type: 'renew', sequence: 1 });
    await pilot.next('renewed');
    expect(pilot.heard.filter(({ type }) => type === 'work')).toHaveLength(1);
    pilot.cut();
    await (await start('u1')).next('work');
  });

  it('tells a pilot that was away while it was drained', async () => {
    const pilot = await start('u1');
    pilot.cut();
    await expect.poll(() => pool.core.collector.get('u1')?.connection).toBeUndefined();
    const answer = await pool
      .client('operator')
      .raw('/v1/pilots/u1/drain', { method: 'POST', json: { reason: 'node leaves' } });
    await answer.body.dump();
    expect(await (await start('u1')).next('drain')).toMatchObject({ reason: 'node leaves' });
  });

  it('offers what the newest hello says', async () => {
    const pilot = await start('u1');
    pilot.cut();
    await start('u1', { slot: { Cpus: '2', HasTriton: 'true' } });
    const known = pool.core.collector.get('u1')!;
    expect(known.free.cpus).toBe(2);
    expect(known.freeSlot.evaluate('HasTriton')).toBe(true);
  });
});
