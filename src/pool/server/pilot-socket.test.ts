import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import { whyAnswer } from '#wire/why.ts';
import { packProcs } from '../jobs/packed-procs.ts';

describe('the socket of a pilot', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const open = async (uid: string, more: object = {}) =>
    ScriptedPilot.open({ url: pool.url, token: await pool.token('pilot', uid), uid, ...more });
  const start = async (uid: string, more: object = {}) =>
    ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid, ...more });
  const submit = (request = submitOf()) =>
    pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, { method: 'POST', json: request });
  const job = async (name: string) => {
    const { jobs } = await pool.client('submitter', 'alice').json(`/v1/jobs/${name}`, jobsAnswer);
    return jobs[0]!;
  };

  const act = (action: 'hold' | 'release' | 'remove', name: string) =>
    pool.client('submitter', 'alice').json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action, jobs: [name], reason: 'test' },
    });
  const free = (uid = 'u1') => pool.core.collector.get(uid)?.free.cpus;

  it('a job runs from submit to completion', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    const message = await pilot.next('start');
    expect(message).toMatchObject({ job: `${cluster}.0`, claim: { id: `${cluster}.0.1`, epoch: 1 } });
    await pilot.run(message);
    expect((await job(`${cluster}.0`)).ad).toMatchObject({ JobStatus: '4', ExitCode: '0' });
  });

  it('a hello with another uid is refused', async () => {
    const pilot = await open('u1');
    pilot.sayHello({ uid: 'u2' });
    expect(await pilot.end()).toEqual({ code: 1008, reason: 'the token belongs to another pilot' });
    expect(pool.core.collector.get('u2')).toBeUndefined();
  });

  it.each([
    ['not JSON', 'hello?', /not JSON/],
    ['an unknown type', '{"type":"hi"}', /first message must be hello/],
    ['another first message', '{"type":"renew","sequence":1}', /first message must be hello/],
    ['a hello that cannot be read', '{"type":"hello","protocol":1}', /hello cannot be read: uid/],
  ])('the socket is closed if the first message is %s', async (_what, text, reason) => {
    const pilot = await open('u1');
    pilot.sayRaw(text);
    const end = await pilot.end();
    expect(end.code).toBe(1008);
    expect(end.reason).toMatch(reason);
  });

  it('a slot may have 2,000 attributes; one with more is refused with the reason', async () => {
    const slotOf = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`A${index}`, '1']));
    const large = await open('u1');
    large.sayHello({ slot: slotOf(2_000) });
    await large.next('welcome');
    large.cut();
    const pilot = await open('u2');
    pilot.sayHello({ slot: slotOf(2_001) });
    expect((await pilot.end()).reason).toContain('slot: a slot may have at most 2000 attributes');
    expect(pool.core.collector.get('u2')).toBeUndefined();
  });

  const file = { name: 'a', digest: `sha256:${'0'.repeat(64)}`, size: 1, executable: false };

  it.each([
    ['an output below "."', { outputs: [{ ...file, name: './a.dat' }] }, /outputs\.0\.name/],
    [
      'too many outputs',
      { outputs: Array.from({ length: 10_001 }, (_, index) => ({ ...file, name: `n${index}` })) },
      /outputs/,
    ],
    ['outputs of another version', { outputs: { a: 1 } }, /outputs/],
    ['an end that nobody knows', { outcome: { kind: 'evaporated' } }, /outcome/],
    ['nothing at all', { outputs: null, endedAt: 'x', usage: [], outcome: 7, stdout: 1 }, /outcome/],
  ])('a result with %s ends its own claim and no other', async (_what, bad, reason) => {
    const pilot = await start('u1', { slot: { Cpus: '4' } });
    const { cluster } = await submit(submitOf(4));
    const starts = await Promise.all(
      [0, 1, 2, 3].map((proc) => pilot.next('start', ({ job }) => job === `${cluster}.${proc}`)),
    );
    for (const one of starts) pilot.started(one);
    pilot.finished(starts[0]!, { kind: 'exited', exitCode: 3 }, bad as never);
    for (const one of starts.slice(1)) pilot.finished(one);
    for (const one of starts) await pilot.recorded(one.claim);
    const { ad } = await job(`${cluster}.0`);
    expect(ad).toMatchObject({
      JobStatus: '5',
      HoldReasonCode: '12',
      HoldReason: expect.stringMatching(reason),
    });
    if (!('outcome' in bad)) expect(ad.ExitCode).toBe('3');
    for (const proc of [1, 2, 3]) expect((await job(`${cluster}.${proc}`)).ad.JobStatus).toBe('4');
    expect(pilot.ended).toBeUndefined();
    expect(free()).toBe(4);
  });

  const bring = async (text: string) => {
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    await pool.core.blobs.put(digest, Readable.from([Buffer.from(text)]));
    return { digest, size: Buffer.byteLength(text) };
  };

  it('ten thousand outputs with long names travel as a list, and the job can be listed', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    const message = await pilot.next('start');
    const outputs = Array.from({ length: 9_999 }, (_, index) => ({
      ...file,
      name: `${'n'.repeat(400)}${index}`,
    }));
    const lines = [...outputs, { folder: 'empty' }].map((line) => JSON.stringify(line)).join('\n');
    expect(lines.length).toBeGreaterThan(maxMessageBytes);
    pilot.finished(message, undefined, { outputList: await bring(lines) });
    await pilot.recorded(message.claim);
    const view = await job(`${cluster}.0`);
    expect(view.ad.JobStatus).toBe('4');
    expect(view.outputs).toEqual(outputs);
    expect(view.folders).toEqual(['empty']);
  }, 20_000);

  it.each([
    ['is not in the spool', undefined, /the spool has no file/],
    ['is no list', 'nonsense', /cannot be read/],
    ['names what no job may', JSON.stringify({ ...file, name: '../a' }), /cannot be read/],
    ['names too many files', `${JSON.stringify(file)}\n`.repeat(10_001), /more than 10000 files/],
    ['is too long', ' '.repeat(16 * 2 ** 20 + 1), /16777217 bytes/],
  ])('a list of outputs that %s holds its own job', async (_what, text, reason) => {
    const pilot = await start('u1');
    const { cluster } = await submit(submitOf(2));
    const [bad, good] = [
      await pilot.next('start', ({ job: name }) => name.endsWith('.0')),
      await pilot.next('start', ({ job: name }) => name.endsWith('.1')),
    ];
    const outputList = text === undefined ? { digest: file.digest, size: 1 } : await bring(text);
    pilot.finished(bad, undefined, { outputList });
    pilot.finished(good);
    await pilot.recorded(good.claim);
    await pilot.recorded(bad.claim);
    const { ad } = await job(`${cluster}.0`);
    expect(ad).toMatchObject({ JobStatus: '5', ExitCode: '0', HoldReason: expect.stringMatching(reason) });
  });

  it('a stopped payload whose result is broken elsewhere runs again', async () => {
    const pilot = await start('u1');
    await submit();
    const message = await pilot.next('start');
    pilot.finished(message, { kind: 'stopped', reason: 'x'.repeat(10_000) }, { outputs: 'none' as never });
    await pilot.next('start', ({ claim }) => claim.epoch === 2);
  });

  it('unreadable messages are skipped and counted', async () => {
    const pilot = await start('u1');
    for (const text of [
      'no JSON',
      '[]',
      'null',
      '{"type":"dance"}',
      '{"type":"finished","claim":7}',
      '{"type":"renew"}',
      '{"type":"hello"}',
      '{"type":"started","claim":{"id":"1.0.1"}}',
    ])
      pilot.sayRaw(text);
    pilot.say({ type: 'renew', sequence: 7 });
    expect((await pilot.next('renewed')).sequence).toBe(7);
    expect(pilot.ended).toBeUndefined();
    expect(pool.log.filter((line) => line.includes('pilot message not understood'))).toHaveLength(4);
  });

  it('a hello with an unreadable claim still registers the pilot with its other claims', async () => {
    const first = await start('u1');
    await submit();
    const { claim } = await first.next('start');
    first.started({ claim });
    first.cut();
    const second = await open('u1');
    second.sayHello({ claims: [{ id: 7 }, claim, 'x'] as never });
    expect((await second.next('welcome')).drop).toEqual([]);
    second.finished({ claim });
    await second.recorded(claim);
  });

  it.each([
    ['letters that one byte cannot hold', 'é'.repeat(500_000)],
    ['characters that JSON escapes', '\\\\'.repeat(300_000)],
  ])('a job of a megabyte of %s reaches its pilot as it was submitted', async (_what, text) => {
    const pilot = await start('u1');
    await submit(submitOf(1, { Args: `"${text}"` }));
    const { ad } = await pilot.next('start');
    expect(ad.Args).toBe(`"${text}"`);
    expect(ad).toMatchObject({ Owner: '"alice"', ProcId: '0' });
  });

  it('a job of an older queue that fits into no message is held, and its pilot runs the next', async () => {
    const procs = [
      {
        attributes: {},
        inputs: Array.from({ length: 10_000 }, (_, index) => ({
          ...file,
          name: `${'n'.repeat(400)}${index}`,
        })),
      },
    ];
    await pool.core.ledger.record({
      type: 'submit',
      at: 1,
      cluster: 1,
      key: 'alice/k',
      owner: 'alice',
      ad: submitOf().cluster,
      procs: packProcs(procs),
    });
    pool.core.queue.lastCluster = 1;
    const pilot = await start('u1');
    await expect.poll(async () => (await job('1.0')).ad.JobStatus).toBe('5');
    expect((await job('1.0')).ad.HoldReason).toMatch(
      /the job cannot be sent to any pilot: a message may have at most 4194304 bytes/,
    );
    await submit();
    await pilot.run(await pilot.next('start'));
  });

  it('the socket is closed at a slot ad that does not parse, whatever its text', async () => {
    const pilot = await open('u1', { slot: { Start: `"${'語'.repeat(500)}` } });
    pilot.sayHello();
    const end = await pilot.end();
    expect(end.code).toBe(1008);
    expect(end.reason).not.toBe('');
    // The pool is still there.
    await start('u2');
  });

  it("the socket is closed with a reason that fits, however long the peer's text", async () => {
    const pilot = await open('u1');
    pilot.sayHello({ slot: { ['名'.repeat(100)]: '1 +' } });
    expect((await pilot.end()).code).toBe(1008);
  });

  it('the socket is closed at a message beyond the limit', async () => {
    const pilot = await start('u1');
    pilot.sayRaw(Buffer.alloc(maxMessageBytes + 1, ' '));
    expect((await pilot.end()).code).toBe(1009);
  });

  it('a slot that asks for too many attributes of jobs is refused', async () => {
    const clauses = Array.from({ length: 1500 }, (_, index) => `TARGET.Want${index}`);
    const slot = Object.fromEntries(clauses.map((clause, index) => [`A${index}`, clause]));
    const pilot = await open('u1', { slot });
    pilot.sayHello();
    expect((await pilot.end()).reason).toMatch(/1000 attributes/);
    expect(pool.core.collector.get('u1')).toBeUndefined();
  });

  it('upgrades without a token, with a wrong role or to a wrong path get an error status', async () => {
    const at = (path: string, token: string) =>
      ScriptedPilot.open({ url: `${pool.url}${path}`, token, uid: 'u1' });
    await expect(at('', 'nonsense')).rejects.toThrow('401');
    await expect(at('', await pool.token('submitter'))).rejects.toThrow('403');
    await expect(at('', await pool.token('pilot', 'u1', -10))).rejects.toThrow('401');
    await expect(at('/else', await pool.token('pilot', 'u1'))).rejects.toThrow('404');
  });

  it('a claim that the pilot does not know is sent again, once it is durable', async () => {
    const first = await start('u1');
    const { cluster } = await submit();
    await first.next('start');
    first.cut();
    const second = await start('u1');
    expect((await second.next('start')).claim.id).toBe(`${cluster}.0.1`);
  });

  it('a started job runs again with a new epoch if its pilot comes back without it', async () => {
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

  it('claims that are over are dropped by the welcome', async () => {
    const first = await start('u1');
    const { cluster } = await submit();
    const { claim } = await first.next('start');
    await pool.core.pilots.lose('u1', 'proven dead');
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
    await pool.core.pilots.lose('u1', 'proven dead');
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

  it('the payload of a removed job is stopped with a reason that the pilot accepts', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    await pilot.next('start');
    await pool.client('submitter', 'alice').json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action: 'remove', jobs: [`${cluster}.0`], reason: 'x'.repeat(1024) },
    });
    expect((await pilot.next('stop')).claim.id).toBe(`${cluster}.0.1`);
  });

  it('a repeated result is acknowledged each time and counted once', async () => {
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

  it('a late result is kept with its attempt, even if the job is in the history', async () => {
    const slow = await start('u1');
    const { cluster } = await submit();
    const lost = await slow.next('start');
    slow.started(lost);
    slow.cut();
    await pool.core.pilots.lose('u1', 'proven dead');
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

  it('messages about a claim count only from the pilot that holds it', async () => {
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

  it('an ended job is not brought back into memory for a pilot that never ran it', async () => {
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

  it('messages on a connection that another has replaced are ignored', async () => {
    const old = await start('u1');
    await start('u1');
    expect(await old.end()).toMatchObject({ code: 1000 });
    expect(pool.core.collector.get('u1')?.connection).toBeDefined();
  });

  it("a second process with a pilot's uid does not replace it, and is told to drop claims that are over", async () => {
    const first = await start('u1', { hello: { process: 'first' } });
    const { cluster } = await submit();
    const message = await first.next('start');
    first.started(message);
    const other = { ...message.claim, generation: 'another' };
    const second = await open('u1');
    second.sayHello({ process: 'second', claims: [other] });
    expect((await second.next('welcome')).drop).toEqual([other]);
    expect(await second.end()).toMatchObject({ code: 1013 });
    const third = await open('u1');
    third.sayHello({ process: 'second' });
    expect(await third.end()).toMatchObject({ code: 1013 });
    expect(third.heard).toEqual([]);
    first.finished(message);
    await first.recorded(message.claim);
    expect((await job(`${cluster}.0`)).ad.JobStatus).toBe('4');
    expect((await job(`${cluster}.0`)).attempts).toHaveLength(1);
    const back = await start('u1', { hello: { process: 'first' } });
    expect(await first.end()).toMatchObject({ code: 1000 });
    back.cut();
    await expect.poll(() => pool.core.collector.get('u1')?.connection).toBeUndefined();
    await start('u1', { hello: { process: 'second' } });
  });

  it('a second process of a pilot that is out of contact does not end its claims: it proves no death', async () => {
    const first = await start('u1', { hello: { process: 'first' } });
    const { cluster } = await submit();
    const message = await first.next('start');
    first.started(message);
    first.cut();
    await expect.poll(() => pool.core.collector.get('u1')?.connection).toBeUndefined();
    const second = await open('u1');
    second.sayHello({ process: 'second' });
    expect(await second.end()).toMatchObject({ code: 1013 });
    expect((await job(`${cluster}.0`)).ad.JobStatus).toBe('2');
    const back = await start('u1', { hello: { process: 'first', claims: [message.claim] } });
    await back.finish(message);
    expect((await job(`${cluster}.0`)).attempts).toHaveLength(1);
  });

  it('the hello of a connection that its pilot has given up ends no claim that the pilot has got since', async () => {
    const late = await open('u1');
    const newest = await start('u1', { hello: { process: 'p', connection: 2 } });
    const { cluster } = await submit();
    const message = await newest.next('start');
    newest.started(message);
    await expect.poll(async () => (await job(`${cluster}.0`)).attempts[0]?.startedAt).toBeDefined();
    late.sayHello({ process: 'p', connection: 1 });
    expect(await late.end()).toMatchObject({ code: 1013 });
    await newest.finish(message);
    expect((await job(`${cluster}.0`)).attempts).toHaveLength(1);
  });

  it('a message whose epoch is not that of its claim changes nothing', async () => {
    const pilot = await start('u1');
    const { cluster } = await submit();
    const message = await pilot.next('start');
    pilot.started(message);
    const forged = { ...message, claim: { ...message.claim, epoch: 7 } };
    pilot.finished(forged);
    await pilot.recorded(forged.claim);
    expect((await job(`${cluster}.0`)).ad.JobStatus).toBe('2');
    await pilot.finish(message);
  });

  it('a pilot comes back and keeps its lease while the disk takes no record', async () => {
    const settled = vi.spyOn(pool.core.ledger, 'settled').mockReturnValue(new Promise(() => {}));
    const pilot = await start('u1');
    pilot.say({ type: 'renew', sequence: 1 });
    await pilot.next('renewed');
    const over = { generation: 'another', id: '1.0.1', epoch: 1 };
    const back = await open('u1');
    back.sayHello({ claims: [over] });
    expect(await pilot.end()).toMatchObject({ code: 1000 });
    back.say({ type: 'renew', sequence: 1 });
    expect(back.heard).toEqual([]);
    settled.mockRestore();
  });

  it('a hello with thousands of unknown claims keeps the known ones', async () => {
    const first = await start('u1');
    const { cluster } = await submit();
    const message = await first.next('start');
    first.started(message);
    const { generation } = message.claim;
    const strange = Array.from({ length: 4096 }, (_, number) => ({
      generation: number % 2 === 0 ? generation : 'another',
      id: `${1000 + number}.0.1`,
      epoch: 1,
    }));
    const back = await open('u1');
    back.sayHello({ claims: [...strange, message.claim] });
    expect((await back.next('welcome')).drop).toEqual(strange);
    back.finished(message);
    await back.recorded(message.claim);
    expect((await job(`${cluster}.0`)).ad.JobStatus).toBe('4');
  });

  it('a pilot that was given up is not renewed', async () => {
    const pilot = await start('u1');
    await pool.core.pilots.lose('u1', 'silent');
    pilot.say({ type: 'renew', sequence: 1 });
    expect(await pilot.end()).toMatchObject({ code: 1000 });
    expect(pilot.heard.map(({ type }) => type)).not.toContain('renewed');
  });

  it('a pilot is told once per connection that no work waits', async () => {
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

  it('a pilot that was drained while disconnected is told when it reconnects', async () => {
    const pilot = await start('u1');
    pilot.cut();
    await expect.poll(() => pool.core.collector.get('u1')?.connection).toBeUndefined();
    const answer = await pool
      .client('operator')
      .raw('/v1/pilots/u1/drain', { method: 'POST', json: { reason: 'node leaves' } });
    await answer.body.dump();
    expect(await (await start('u1')).next('drain')).toMatchObject({ reason: 'node leaves' });
  });

  it('the slot of a pilot is that of its newest hello', async () => {
    const pilot = await start('u1');
    pilot.cut();
    await start('u1', { slot: { Cpus: '2', HasTriton: 'true' } });
    const known = pool.core.collector.get('u1')!;
    expect(known.free.cpus).toBe(2);
    expect(known.freeSlot.evaluate('HasTriton')).toBe(true);
  });
});
