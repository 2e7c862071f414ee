import { expect, it } from 'vitest';
import { isRejection } from '#backend/rejection.ts';
import { eventually } from '../eventually.ts';
import { announced, news, question, series } from './announced.ts';
import { type PoolWorld, told, waitingJobs } from './pool-world.ts';

export function pilotPromises(current: () => PoolWorld): void {
  it('a registered pilot is told with its names, its state and what is free on it', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1')));
    await world.bench.startPilot('here', 'u1');
    const { pilots } = await world.answers(({ pilots: all }) => expect(all).toHaveLength(1));
    expect(pilots).toMatchObject([
      { uid: 'u1', name: 'pilot-u1', group: 'g', site: 'here', state: 'Idle', connected: true },
    ]);
    expect(pilots[0]?.free.toTexts()).toMatchObject({ Cpus: '4' });
    await world.bench.submit(1);
    const busy = await world.answers((answer) => expect(told(answer, 'u1')?.state).toBe('Busy'));
    expect(told(busy, 'u1')?.free.toTexts()).toMatchObject({ Cpus: '3' });
  });

  it('a pilot without a connection is still told, with for how long, and keeps its jobs', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1')));
    const pilot = await world.bench.startPilot('here', 'u1');
    await world.bench.submit(1);
    await eventually(() => expect(world.bench.executions()).toBe(1));
    await pilot.disconnect();
    await world.answers((answer) => expect(told(answer, 'u1')?.connected).toBe(false));
    await world.bench.passTime(5000);
    const answer = await world.ask();
    expect(told(answer, 'u1')?.disconnectedSeconds).toBeGreaterThanOrEqual(5);
    expect([waitingJobs(answer), told(answer, 'u1')?.state, answer.missing]).toEqual([0, 'Busy', []]);
    await pilot.reconnect();
    await world.answers((later) =>
      expect(told(later, 'u1')).toMatchObject({
        connected: true,
        state: 'Busy',
        disconnectedSeconds: 0,
      }),
    );
    expect(world.bench.executions()).toBe(1);
  });

  it('a pilot with jobs that is neither connected nor announced is missing to its own site, and to no other', async () => {
    const world = current();
    const other = world.open('there');
    await world.pool.announce(series('s', announced('u1')));
    await other.announce(series('t'));
    const pilot = await world.bench.startPilot('here', 'u1');
    await world.bench.submit(1);
    await eventually(() => expect(world.bench.executions()).toBe(1));
    await pilot.disconnect();
    await world.pool.announce(news('s', [], 'u1'));
    await world.answers(({ missing }) => expect(missing).toEqual(['u1']));
    expect(await other.demand(question())).toMatchObject({ missing: [] });
  });

  it('jobs of a pilot whose death is proved run again once, however often the death is told', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1'), announced('u2')));
    const dead = await world.bench.startPilot('here', 'u1');
    await world.bench.submit(2);
    await eventually(() => expect(world.bench.executions()).toBe(2));
    await dead.disconnect();
    await world.bench.startPilot('here', 'u2');
    expect(world.bench.executions()).toBe(2);
    for (let times = 0; times < 3; times += 1) await world.pool.gone('u1', 'its node burned');
    await eventually(() => expect(world.bench.executions()).toBe(4));
    await world.pool.gone('u1', 'its node burned');
    const answer = await world.answers((later) => expect(told(later, 'u1')).toBeUndefined());
    expect([waitingJobs(answer), answer.missing, world.bench.executions()]).toEqual([0, [], 4]);
  });

  it('the death of a pilot that the pool does not know is taken', async () => {
    const world = current();
    await world.pool.gone('nobody', 'it never came');
    await world.pool.gone('../bidders/here?x=1#', 'a uid may be any text');
  });

  it('a pilot that is asked to leave is Draining, and is given no more jobs', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1')));
    await world.bench.startPilot('here', 'u1');
    await world.answers(({ pilots }) => expect(pilots).toHaveLength(1));
    await world.pool.drain('u1', 'nobody needs it');
    await world.bench.submit(1);
    const answer = await world.answers((later) => {
      expect(told(later, 'u1')?.state).toBe('Draining');
      expect(waitingJobs(later)).toBe(1);
    });
    expect([waitingJobs(answer), world.bench.executions()]).toEqual([1, 0]);
  });

  it('a pool that does not know the pilot which is asked to leave rejects that, and nothing else', async () => {
    const world = current();
    const refused = await world.pool.drain('nobody', 'nobody needs it').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'NotFound' });
    expect(isRejection(refused)).toBe(true);
  });
}
