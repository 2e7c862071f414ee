import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { FadingSums } from './fading-sums.ts';

const hour = 3_600_000;

test('what was added long ago counts less than what was added of late', () => {
  const clock = new ManualClock(0);
  const sums = new FadingSums({ clock, halfLife: hour, most: 10 });
  sums.add('old', 100);
  clock.advance(2 * hour);
  sums.add('new', 30);
  sums.add('new', 10);
  expect(sums.largest(2)).toEqual([
    ['new', 40],
    ['old', 25],
  ]);
  expect(sums.largest(1)).toEqual([['new', 40]]);
});

test('the largest stay however many names come', () => {
  const sums = new FadingSums({ clock: new ManualClock(0), halfLife: hour, most: 10 });
  sums.add('large', 1000);
  for (let index = 0; index < 10_000; index += 1) sums.add(`n${index}`, 1);
  expect(sums.largest(100).length).toBeLessThanOrEqual(10);
  expect(sums.largest(1)).toEqual([['large', 1000]]);
});
