import { expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { announced, news, series } from './announced.ts';
import { isSettled, type PoolWorld, waitingJobs } from './pool-world.ts';

export function restartPromises(current: () => PoolWorld): void {
  it('a pool that has restarted knows of no announcements and wants a complete one', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1')));
    await world.restart();
    expect((await world.ask()).session).toBeUndefined();
    expect(await world.pool.announce(news('s', [announced('u2')]))).toBe(false);
  });

  it('a pool that has restarted says unknown until the pilots that registered before are back', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1')));
    const pilot = await world.bench.startPilot('here', 'u1');
    await world.restart();
    await world.pool.announce(series('s', announced('u1', true)));
    expect(await world.ask()).toMatchObject({ known: false, reason: expect.stringMatching(/\w/) });
    await pilot.reconnect();
    await world.answers(({ known }) => expect(known).toBe(true));
  });

  it('a pool that has restarted gives nobody else the jobs of pilots that are not back', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1'), announced('u2')));
    const pilot = await world.bench.startPilot('here', 'u1');
    await world.bench.submit(1);
    await eventually(() => expect(world.bench.executions()).toBe(1));
    await world.restart();
    await world.pool.announce(series('s', announced('u1', true), announced('u2')));
    await world.bench.startPilot('here', 'u2');
    const answer = await world.answers((later) => expect(later.pilots).toHaveLength(2));
    expect([waitingJobs(answer), world.bench.executions()]).toEqual([0, 1]);
    await pilot.reconnect();
    await world.answers(({ known }) => expect(known).toBe(true));
    expect(world.bench.executions()).toBe(1);
  });

  it('a question that has a version of the pool’s earlier life is answered at once', async () => {
    const world = current();
    const { version } = await world.ask();
    await world.restart();
    for (let later = 0; later < 3; later += 1)
      expect(await isSettled(world.ask({ since: version + later, waitSeconds: 30 }))).toBe(true);
  });
}
