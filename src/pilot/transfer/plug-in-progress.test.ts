import { expect, it } from 'vitest';
import { Progress } from './plug-in-progress.ts';

it('a program is too slow if its processes move fewer bytes in two minutes than they must', () => {
  const progress = new Progress(10, 0);
  const moved = new Map([
    [1, 0],
    [2, 500],
  ]);
  const look = (now: number, pids = [1, 2]) => progress.isTooSlow(pids, now, (pid) => moved.get(pid) ?? 0);
  expect(look(60_000)).toBe(false);
  moved.set(1, 700);
  expect(look(120_000)).toBe(false);
  expect(look(180_000)).toBe(false);
  moved.set(1, 1899);
  expect(look(240_000, [1])).toBe(true);
});
