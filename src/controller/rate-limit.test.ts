import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { RateLimit } from './rate-limit.ts';

test('a name waits twice as long after each failure, up to five minutes, and starts again after a success', () => {
  const limit = new RateLimit({ clock: new ManualClock(), random: () => 1 });
  const delays = Array.from({ length: 14 }, () => limit.next('a'));
  expect(delays.slice(0, 4)).toEqual([100, 200, 400, 800]);
  expect(delays.at(-1)).toBe(300_000);
  expect(limit.next('b')).toBe(100);
  expect(limit.failing).toBe(2);
  limit.forget('a');
  expect(limit.next('a')).toBe(100);
});

test('all names together are retried no faster than the bucket fills', () => {
  const limit = new RateLimit({ clock: new ManualClock(), random: () => 1, perSecond: 10, burst: 100 });
  const delays = Array.from({ length: 300 }, (_, index) => limit.next(`n${index}`));
  expect(delays[99]).toBe(100);
  expect(delays[299]).toBe(20_000);
});
