import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { poolSpec } from '#spec/pool-spec.ts';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';
import type { Start } from '#wire/pool-messages.ts';
import { userPrioritiesAnswer, userPriority } from '#wire/user-priorities.ts';

describe('the fair share of a pool with eight cores', () => {
  let pool: TestPool;
  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const submit = async (user: string, procs: number, group?: string) => {
    const json = submitOf(procs, group === undefined ? {} : { AcctGroup: `"${group}"` });
    return pool.client('submitter', user).json('/v1/jobs', submitAnswer, { method: 'POST', json });
  };
  const groups = (...list: readonly object[]) =>
    pool.core.applySpec(poolSpec.parse({ accounting: { groups: list } }));
  const pilot = async () =>
    ScriptedPilot.start({
      url: pool.url,
      token: await pool.token('pilot', 'u1'),
      uid: 'u1',
      slot: { Cpus: '8', Memory: '100000', Disk: '10000000' },
    });
  /** How many jobs run, by the name that they are charged to. */
  const running = () =>
    Object.fromEntries(
      [...pool.core.accountant.standings(pool.core.clock.monotonic())]
        .filter(({ cores }) => cores > 0)
        .map(({ name, cores }) => [name, cores]),
    );
  const starts = ({ heard }: ScriptedPilot): Start[] =>
    heard.filter((message): message is Start => message.type === 'start');

  test('users with equal factors get equal parts, whoever came first and however much they submit', async () => {
    await submit('ada', 100);
    await submit('bob', 20);
    await pilot();
    await expect.poll(running).toEqual({ ada: 4, bob: 4 });
  });

  test('who has three times the factor gets a third as much', async () => {
    const json = { action: 'setFactor', user: 'ada', factor: 3000 };
    await pool.client('admin').json('/v1/userprio', userPriority, { method: 'POST', json });
    await submit('ada', 20);
    await submit('bob', 20);
    await pilot();
    await expect.poll(running).toEqual({ ada: 2, bob: 6 });
  });

  test('who invents a group for each job gets no more than others', async () => {
    for (let invented = 0; invented < 10; invented += 1) await submit('ada', 1, `g${invented}`);
    await submit('bob', 20);
    await pilot();
    await expect.poll(running).toEqual({ ada: 4, bob: 4 });
  });

  test.each(['real("NaN")', '1e308', '-1e308'])(
    'a pilot that says that it has %s cores changes nobody’s share, while it is there and afterwards',
    async (Cpus) => {
      groups({ name: 'atlas', share: 0.5, surplus: false });
      const token = await pool.token('pilot', 'liar');
      const liar = await ScriptedPilot.start({ url: pool.url, token, uid: 'liar', slot: { Cpus } });
      await pilot();
      expect((await pool.client('submitter').json('/v1/userprio', userPrioritiesAnswer)).cores).toBe(8);
      liar.cut();
      await pool.core.pilots.lose('liar', 'it lied');
      await submit('ada', 20, 'atlas');
      await expect.poll(running).toEqual({ 'atlas.ada': 4 });
    },
  );

  test('nice users get what others leave', async () => {
    await submit('ada', 20, 'nice-user');
    await submit('bob', 5);
    await pilot();
    await expect.poll(running).toEqual({ bob: 5, 'nice-user.ada': 3 });
  });

  test('a group without surplus keeps to its quota, and its next job starts when another has ended', async () => {
    groups({ name: 'atlas', cores: 3, surplus: false });
    await submit('ada', 4, 'atlas');
    await submit('bob', 2);
    const worker = await pilot();
    await expect.poll(running).toEqual({ 'atlas.ada': 3, bob: 2 });
    await expect.poll(() => starts(worker).length).toBe(5);
    const [first] = starts(worker).filter(({ job }) => job.startsWith('1.'));
    await worker.finish(first!);
    await expect.poll(() => starts(worker).length).toBe(6);
    expect(running()).toEqual({ 'atlas.ada': 3, bob: 2 });
  });

  test('more jobs start at once when a quota is raised', async () => {
    groups({ name: 'atlas', cores: 1, surplus: false });
    await submit('ada', 9, 'atlas');
    await pilot();
    await expect.poll(running).toEqual({ 'atlas.ada': 1 });
    groups({ name: 'atlas', cores: 5, surplus: false });
    await expect.poll(running).toEqual({ 'atlas.ada': 5 });
  });

  test('a group with surplus uses what others leave, and no more than its quota when they come', async () => {
    groups({ name: 'atlas', share: 0.25 }, { name: 'cms', share: 0.75 });
    await submit('ada', 20, 'atlas');
    await submit('bob', 20, 'cms');
    await submit('eve', 20, 'cms');
    await pilot();
    await expect.poll(running).toEqual({ 'atlas.ada': 2, 'cms.bob': 3, 'cms.eve': 3 });
  });

  test('a group with surplus has the whole pool while nobody else waits', async () => {
    groups({ name: 'atlas', share: 0.25 }, { name: 'cms', share: 0.75 });
    await submit('ada', 20, 'atlas');
    await pilot();
    await expect.poll(running).toEqual({ 'atlas.ada': 8 });
  });
});
