import { expect, it } from 'vitest';
import { announced, news, question, series } from './announced.ts';
import type { PoolWorld } from './pool-world.ts';

export function announcementPromises(current: () => PoolWorld): void {
  const session = async () => (await current().ask()).session;

  it('an answer names the series of announcements that the pool goes by, and none before there is one', async () => {
    const world = current();
    expect(await session()).toBeUndefined();
    expect(await world.pool.announce(series('s', announced('u1')))).toBe(true);
    expect(await session()).toBe('s');
  });

  it('an announcement that comes twice is taken twice and changes nothing', async () => {
    const world = current();
    const [first, second] = [series('s', announced('u1')), news('s', [announced('u2')], 'u1')];
    for (const each of [first, first, second, second]) expect(await world.pool.announce(each)).toBe(true);
    expect(await world.ask()).toMatchObject({ known: true, session: 's', pilots: [], missing: [] });
  });

  it('an announcement that continues a series which the pool does not know is not taken', async () => {
    const world = current();
    expect(await world.pool.announce(news('s', [announced('u1')]))).toBe(false);
    expect(await session()).toBeUndefined();
  });

  it('an announcement of a former leader that comes late is not taken and changes nothing', async () => {
    const world = current();
    await world.pool.announce(series('former', announced('u1')));
    await world.pool.announce(series('present', announced('u2')));
    expect(await world.pool.announce(news('former', [], 'u2'))).toBe(false);
    expect(await session()).toBe('present');
  });

  it('an announcement of one site is none of another', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1')));
    const other = world.open('there');
    expect((await other.demand(question())).session).toBeUndefined();
    expect(await other.announce(news('s', []))).toBe(false);
  });

  it('an announcement is forgotten when its site is silent for a whole lease', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1')));
    await world.bench.passTime(world.bench.siteLease);
    expect(await session()).toBeUndefined();
    expect(await world.pool.announce(news('s', []))).toBe(false);
  });

  it('an announcement stays while its site asks, or waits for an answer', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1')));
    const most = world.bench.siteLease - 5000;
    await world.bench.passTime(most);
    const { answer } = await world.waitingQuestion();
    await world.bench.passTime(30_000);
    await answer;
    await world.bench.passTime(most);
    expect(await session()).toBe('s');
  });
}
