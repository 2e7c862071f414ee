import { expect, it } from 'vitest';
import { Arrivals } from './arrivals.ts';

it('pilots that have left count among those that came, each once, and are forgotten after a while', () => {
  const arrivals = new Arrivals();
  const pilots = (...numbers: number[]) => numbers.map((number) => ({ number, registeredAt: number * 1000 }));
  arrivals.look(pilots(1, 3), 3000);
  arrivals.look(pilots(3, 4), 4000);
  arrivals.look(pilots(), 5000);
  expect([0, 1001, 3000, 4001].map((time) => arrivals.since(time))).toEqual([3, 2, 2, 0]);
  arrivals.look(pilots(9000), 9_000_000);
  expect(arrivals.since(0)).toBe(1);
});
