import { expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { Announcer } from './announcer.ts';
import type { AnnouncedPilot, Announcement } from './pool.ts';

const never = new AbortController().signal;

function world() {
  const clock = new ManualClock();
  const living: AnnouncedPilot[] = [];
  const received: Announcement[] = [];
  const pool = {
    takes: true,
    away: false,
    async announce(announcement: Announcement) {
      if (pool.away) throw new GlideinError('Unavailable', 'away');
      received.push(announcement);
      return pool.takes;
    },
  };
  const announcer = new Announcer({ session: 's', living: () => living, clock });
  const add = (...uids: string[]) =>
    living.push(...uids.map((uid) => ({ uid, name: uid, group: 'g', registered: false })));
  const said = () =>
    received.splice(0).map((each) => [each.complete, each.pilots.map(({ uid }) => uid), each.ended]);
  return { clock, living, pool, announcer, add, said };
}

it('a pool is told all pilots once, after that what has changed, and nothing when nothing has', async () => {
  const { living, pool, announcer, add, said } = world();
  add('a', 'b');
  await announcer.sync(pool, never);
  expect(said()).toEqual([[true, ['a', 'b'], []]]);
  living.shift();
  add('c');
  await announcer.sync(pool, never);
  expect(said()).toEqual([[false, ['c'], ['a']]]);
  await announcer.sync(pool, never);
  expect(said()).toEqual([]);
});

it('a pilot counts as announced from when the pool took it, and keeps that time when more is said of it', async () => {
  const { clock, living, pool, announcer, add } = world();
  add('a');
  expect(announcer.acknowledgedAt('a')).toBeUndefined();
  clock.advance(1000);
  await announcer.sync(pool, never);
  clock.advance(1000);
  living[0] = { uid: 'a', name: 'a', group: 'g', registered: true };
  await announcer.sync(pool, never);
  expect(announcer.acknowledgedAt('a')).toBe(1000);
});

it('a pool that does not know the series is told all pilots anew', async () => {
  const { pool, announcer, add, said } = world();
  add('a');
  await announcer.sync(pool, never);
  add('b');
  pool.takes = false;
  await announcer.sync(pool, never);
  expect(announcer.acknowledgedAt('a')).toBeUndefined();
  pool.takes = true;
  said();
  await announcer.sync(pool, never);
  expect(said()).toEqual([[true, ['a', 'b'], []]]);
});

it('an answer that goes by another series makes all announcements void, unless its question came before them', async () => {
  const { clock, pool, announcer, add } = world();
  add('a');
  clock.advance(10);
  await announcer.sync(pool, never);
  expect([announcer.compare(undefined, 5), announcer.acknowledgedAt('a')]).toEqual([false, 10]);
  expect([announcer.compare('s', 20), announcer.acknowledgedAt('a')]).toEqual([false, 10]);
  expect([announcer.compare('other', 20), announcer.acknowledgedAt('a')]).toEqual([true, undefined]);
});

it('what could not be announced is announced the next time', async () => {
  const { pool, announcer, add, said } = world();
  await announcer.sync(pool, never);
  add('a');
  pool.away = true;
  await expect(announcer.sync(pool, never)).rejects.toThrow('away');
  pool.away = false;
  said();
  await announcer.sync(pool, never);
  expect(said()).toEqual([[false, ['a'], []]]);
});

it('more pilots than fit into one announcement come in several', async () => {
  const { pool, announcer, add, said } = world();
  add(...Array.from({ length: 20_001 }, (_, index) => `u${index}`));
  await announcer.sync(pool, never);
  expect(said().map(([complete, uids]) => [complete, (uids as string[]).length])).toEqual([
    [true, 20_000],
    [false, 1],
  ]);
  expect(announcer.acknowledgedAt('u20000')).toBe(0);
});
