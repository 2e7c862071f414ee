import { expect, it } from 'vitest';
import { Deaths } from './deaths.ts';

const uidsOf = (deaths: Deaths, pool: string): string[] => deaths.untold(pool).map(({ uid }) => uid);

it('a death is told once, and again when the pool asks', () => {
  const deaths = new Deaths();
  deaths.note('u1', 'ns/p', 'ended');
  deaths.note('u1', 'ns/p', 'seen again');
  expect(deaths.untold('ns/p')).toEqual([{ uid: 'u1', reason: 'ended' }]);
  expect(deaths.untold('ns/q')).toEqual([]);
  deaths.told('u1');
  expect([uidsOf(deaths, 'ns/p'), deaths.isTold('u1')]).toEqual([[], true]);
  deaths.askAgain(['u1', 'alive']);
  expect(uidsOf(deaths, 'ns/p')).toEqual(['u1']);
});

it('a death that no pool was told of is not forgotten, however many there are', () => {
  const deaths = new Deaths();
  deaths.note('first', 'ns/p', 'ended');
  for (let count = 0; count <= 20_000; count++) {
    deaths.note(`u${count}`, 'ns/q', 'ended');
    deaths.told(`u${count}`);
  }
  expect(uidsOf(deaths, 'ns/p')).toEqual(['first']);
  expect([deaths.isKnown('u0'), deaths.isKnown('u1')]).toEqual([false, true]);
});

it('an operator that does not lead for months remembers no more deaths than it could tell', () => {
  const deaths = new Deaths();
  for (let count = 0; count < 30_000; count++) deaths.note(`u${count}`, 'ns/p', 'ended');
  expect(deaths.untold('ns/p')).toHaveLength(20_000);
  expect([deaths.isKnown('u9999'), deaths.isKnown('u10000')]).toEqual([false, true]);
});

it('nothing is left of the deaths in a pool that is gone', () => {
  const deaths = new Deaths();
  deaths.note('a', 'ns/p', 'ended');
  deaths.note('b', 'ns/p', 'ended');
  deaths.told('b');
  deaths.forgetPool('ns/p');
  expect([deaths.isKnown('a'), deaths.isKnown('b')]).toEqual([false, false]);
});
