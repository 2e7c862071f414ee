import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { TokenBucket } from './token-bucket.ts';

test('a token bucket gives a burst, and then as much as flows in', () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ clock, perSecond: 2, burst: 3 });
  expect([bucket.tryTake(), bucket.tryTake(), bucket.tryTake(), bucket.tryTake()]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  clock.advance(500);
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false]);
  clock.advance(3_600_000);
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([true, true, true, false]);
});

test('the reservations of a token bucket queue up', () => {
  const bucket = new TokenBucket({ clock: new ManualClock(), perSecond: 2, burst: 1 });
  expect([1, 2, 3].map(() => bucket.reserve())).toEqual([0, 500, 1000]);
});
