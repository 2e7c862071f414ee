import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';
import type { Start } from '#wire/pool-messages.ts';
import { whyAnswer } from '#wire/why.ts';

/** Milliseconds that are longer than any rest of a job that failed a few times. */
const afterAnyRest = 60_000;

describe('jobs whose pilots are lost', () => {
  let clock: ManualClock;
  let pool: TestPool;

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    pool = await TestPool.start({ clock, leaseSeconds: 2400 });
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const pilot = async (uid: string, slot: Record<string, string> = {}) =>
    ScriptedPilot.start({
      url: pool.url,
      token: await pool.token('pilot', uid, 360_000),
      uid,
      slot: { TotalSlotCpus: slot['Cpus'] ?? '4', ...slot },
      hello: { retireIn: 360_000 },
    });
  const client = () => pool.client('submitter', 'alice');
  const submit = async (procs = 1, more: Record<string, string> = {}) =>
    (await client().json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs, more) })).cluster;
  const job = (cluster: number, proc = 0) => {
    const found = pool.core.queue.find({ cluster, proc });
    if (found === undefined) throw new Error(`there is no job ${cluster}.${proc}`);
    return found;
  };
  const whyOf = (name: string) => client().json(`/v1/jobs/${name}/why`, whyAnswer);
  const begin = async (one: ScriptedPilot, name: string): Promise<Start> => {
    const start = await one.next('start', (message) => message.job === name);
    one.started(start);
    await eventually(() => expect(job(...key(name)).attempts.at(-1)?.startedAt).toBeDefined());
    return start;
  };
  const key = (name: string): [number, number] => {
    const [cluster = 0, proc = 0] = name.split('.').map(Number);
    return [cluster, proc];
  };

  it('a job under which five pilots died is held, with the number and the last reason', async () => {
    const cluster = await submit();
    for (const uid of ['a', 'b', 'c', 'd', 'e']) {
      const one = await pilot(uid);
      await begin(one, `${cluster}.0`);
      await pool.core.pilots.lose(uid, `the container of ${uid} was OOMKilled`);
      clock.advance(afterAnyRest);
    }
    expect(job(cluster)).toMatchObject({ state: 'Held', hold: { code: 26 } });
    expect(job(cluster).hold?.reason).toMatch(/^5 pilots were lost.*container of e was OOMKilled/);
  });

  it('the losses of a job are remembered after a restart of the pool', async () => {
    const cluster = await submit();
    for (const uid of ['a', 'b']) {
      await begin(await pilot(uid), `${cluster}.0`);
      await pool.core.pilots.lose(uid, 'it died');
      clock.advance(afterAnyRest);
    }
    await pool.stop();
    pool = await TestPool.start({ clock, leaseSeconds: 2400, directory: pool.directory });
    expect(job(cluster).trouble).toMatchObject({ losses: 2 });
  });

  it('a job that its pilot could not start backs off, and does not use up ten pilots in seconds', async () => {
    const cluster = await submit();
    const outcome = { kind: 'startFailed', blame: 'pilot', holdCode: 6, reason: 'no image' } as const;
    for (const [failures, uid] of ['a', 'b', 'c'].entries()) {
      const one = await pilot(uid);
      const start = await one.next('start');
      one.finished(start, outcome);
      await one.recorded(start.claim);
      expect(job(cluster)).toMatchObject({ state: 'Idle', trouble: { failures: failures + 1, losses: 0 } });
      expect(job(cluster).trouble?.retryAt).toBe(clock.wall() + 1000 * 2 ** failures);
      await pool.core.pilots.lose(uid, 'it is of no use');
      clock.advance(afterAnyRest);
    }
    expect(job(cluster).attempts).toHaveLength(3);
  });

  it('a pilot that loses a job twice, or before it started, counts once or not at all', async () => {
    const cluster = await submit();
    const one = await pilot('a');
    await one.next('start');
    await pool.core.pilots.lose('a', 'it died');
    expect(job(cluster).trouble).toBeUndefined();
    for (let time = 0; time < 2; time += 1) {
      const again = await pilot('b');
      await begin(again, `${cluster}.0`);
      await pool.core.pilots.lose('b', 'it died');
      clock.advance(afterAnyRest);
    }
    expect(job(cluster).trouble).toMatchObject({ losses: 1 });
  });

  it('suspects run alone, so that a pilot killed by one takes no other job with it', async () => {
    const cluster = await submit(2);
    for (const uid of ['a', 'b']) {
      const one = await pilot(uid);
      await begin(one, `${cluster}.0`);
      await begin(one, `${cluster}.1`);
      await pool.core.pilots.lose(uid, 'it died');
      clock.advance(afterAnyRest);
    }
    expect((await whyOf(`${cluster}.0`)).summary).toMatch(
      /2 pilots were lost while it ran on them, so it runs only/,
    );
    const bystander = await submit(1, { RequestCpus: '3' });
    const big = await pilot('busy');
    await begin(big, `${cluster}.0`);
    // One suspect fills its pilot, whatever it asks for; its free share is nothing to others.
    expect(pool.core.collector.get('busy')?.freeSlot.evaluateNumber('Cpus')).toBe(0);
    const second = await pilot('other');
    const innocent = await begin(second, `${cluster}.1`);
    const third = await pilot('third');
    await begin(third, `${bystander}.0`);
    await pool.core.pilots.lose('busy', 'it died');
    expect(job(cluster, 1).state).toBe('Running');
    second.finished(innocent);
    await second.recorded(innocent.claim);
    expect(job(cluster, 1).state).toBe('Completed');
    // The third pilot has a core left, but not for a suspect.
    clock.advance(afterAnyRest);
    await eventually(() => expect(job(cluster).claim?.pilotUid).toBe('other'));
  });

  it('a suspect whose payload ends by itself is no longer a suspect', async () => {
    const cluster = await submit(1, { OnExitRemove: 'ExitCode == 0' });
    for (const uid of ['a', 'b']) {
      await begin(await pilot(uid), `${cluster}.0`);
      await pool.core.pilots.lose(uid, 'it died');
      clock.advance(afterAnyRest);
    }
    const one = await pilot('c');
    const start = await begin(one, `${cluster}.0`);
    one.finished(start, { kind: 'exited', exitCode: 1 });
    await one.recorded(start.claim);
    expect(job(cluster).trouble).toMatchObject({ losses: 0 });
  });

  it('a job that fails at once is tried again after longer and longer backoffs, and why says when', async () => {
    const cluster = await submit(1, { OnExitRemove: 'ExitCode == 0' });
    const one = await pilot('a');
    let tries = 0;
    for (let second = 0; second < 60; second += 1) {
      const claim = job(cluster).claim;
      if (claim !== undefined) {
        const start = await one.next('start', (message) => message.claim.id === claim.ref.id);
        tries += 1;
        one.started(start);
        one.finished(start, { kind: 'exited', exitCode: 1 });
        await one.recorded(start.claim);
      }
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(10);
    expect((await whyOf(`${cluster}.0`)).summary).toMatch(
      /backing off after \d+ failed tries in a row and will be retried in .*exited with code 1/,
    );
    const other = await submit();
    await one.next('start', (message) => message.job === `${other}.0`);
  });
});
