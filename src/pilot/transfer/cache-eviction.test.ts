import { expect, it } from 'vitest';
import { type CachedFile, toEvict } from './cache-eviction.ts';

const now = 100 * 86_400_000;
const hour = 3_600_000;
const name = (digit: string) => `sha256-${digit.repeat(64)}`;
const file = (digit: string, size: number, age: number): CachedFile => ({
  name: name(digit),
  size,
  usedAt: now - age,
});
const rules = { most: 1000, now, pinned: new Set<string>() };

it('nothing is evicted while everything fits', () => {
  expect(toEvict([file('a', 500, hour), file('b', 500, 2 * hour)], rules)).toEqual([]);
});

it('the file that was used longest ago is evicted first, until a fifth is free again', () => {
  const files = [file('a', 400, 1), file('b', 400, 3), file('c', 300, 2)];
  expect(toEvict(files, rules)).toEqual([name('b')]);
  expect(toEvict([...files, file('d', 200, 4)], rules)).toEqual([name('d'), name('b')]);
});

it('a file that nobody has used for a week is evicted, however much room there is', () => {
  expect(toEvict([file('a', 1, 8 * 24 * hour), file('b', 1, 6 * 24 * hour)], rules)).toEqual([name('a')]);
});

it('a file in use is not evicted', () => {
  const files = [file('a', 2000, 5), file('b', 10, 1)];
  expect(toEvict(files, { ...rules, pinned: new Set([name('a')]) })).toEqual([name('b')]);
});

it('a download that a crash left behind is removed after an hour, and one that goes on is not', () => {
  const part = (age: number) => ({ name: `${name('a')}.17-1`, size: 10, usedAt: now - age });
  expect(toEvict([part(2 * hour)], rules)).toEqual([`${name('a')}.17-1`]);
  expect(toEvict([part(hour / 2)], rules)).toEqual([]);
});
