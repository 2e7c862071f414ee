import { expect, it } from 'vitest';
import { announced, series } from './announced.ts';
import { type PoolWorld, waitingJobs } from './pool-world.ts';

export function demandPromises(current: () => PoolWorld): void {
  it('a pool that has just started does not know a site’s pilots: its demand is unknown with a reason, and not zero', async () => {
    const world = current();
    expect(await world.ask()).toMatchObject({ known: false, reason: expect.stringMatching(/\w/) });
  });

  it('demand of a pool where nothing waits is known once its site has announced its pilots, and empty', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    expect(await world.ask()).toMatchObject({ known: true, autoclusters: [], pilots: [], missing: [] });
  });

  it('waiting jobs that match alike are one entry, with their number, their age and an ad to match them by', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    await world.bench.submit(3);
    await world.answers((answer) => expect(waitingJobs(answer)).toBe(3));
    await world.bench.passTime(5000);
    const { autoclusters: entries } = await world.ask();
    expect(entries).toEqual([expect.objectContaining({ count: 3 })]);
    expect(entries[0]?.oldestSeconds).toBeGreaterThanOrEqual(5);
    expect(entries[0]?.ad.toTexts()).toMatchObject({ RequestCpus: '1', RequestMemory: '128' });
  });

  it('waiting jobs that differ in what the site’s policies read are told apart', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    await world.bench.submit(1, { Campaign: '"one"' });
    await world.bench.submit(2, { Campaign: '"two"' });
    await world.answers(
      ({ autoclusters: all }) => expect(new Set(all.map(({ count }) => count))).toEqual(new Set([1, 2])),
      {
        reads: ['Campaign'],
      },
    );
  });

  it('demand of twenty thousand waiting jobs is their number and not a list of them', async () => {
    const world = current();
    await world.pool.announce(series('s'));
    await world.bench.submit(20_000);
    const { autoclusters: entries } = await world.answers((answer) =>
      expect(waitingJobs(answer)).toBe(20_000),
    );
    expect(entries).toHaveLength(1);
  });

  it('an answer tells the seconds since the epoch by the pool’s clock, by which expressions that read the time are weighed', async () => {
    const world = current();
    const { time: before = Number.NaN } = await world.ask();
    expect(Math.abs(before - Date.now() / 1000)).toBeLessThan(300);
    await world.bench.passTime(10_000);
    const { time: after = Number.NaN } = await world.ask();
    expect(after - before).toBeGreaterThanOrEqual(9);
  });

  it('jobs that began to run wait no more', async () => {
    const world = current();
    await world.pool.announce(series('s', announced('u1')));
    await world.bench.startPilot('here', 'u1');
    await world.bench.submit(6);
    await world.answers((answer) => expect([waitingJobs(answer), world.bench.executions()]).toEqual([2, 4]));
  });
}
