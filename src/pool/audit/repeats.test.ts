import { expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { Repeats } from './repeats.ts';

it('has room for the one kind that stands for all others when it knows no more of them', () => {
  const told: number[] = [];
  const clock = new ManualClock();
  const repeats = new Repeats<string>(clock, ({ times }) => told.push(times));
  let kinds = 0;
  for (; !repeats.isFull; kinds += 1) repeats.count(`${kinds}`, () => 'one');
  let firsts = 0;
  const first = () => {
    firsts += 1;
    return 'others';
  };
  for (let count = 0; count < 1000; count += 1) repeats.count('', first);
  expect(firsts).toBe(1);
  clock.advance(60_000);
  expect(told).toEqual([999]);
});
