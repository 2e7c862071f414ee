import { expect, it } from 'vitest';
import { Allowance } from './allowance.ts';

it('a user who has caused much work waits in turns until time has passed, and others do not', () => {
  let now = 0;
  const allowance = new Allowance(() => now);
  for (let count = 0; count < 20; count += 1) allowance.charge('many', 5);
  allowance.charge('few', 1);
  expect([allowance.has('many'), allowance.has('few'), allowance.has('none')]).toEqual([false, true, true]);
  now = 3900;
  expect(allowance.has('many')).toBe(false);
  now = 4100;
  expect(allowance.has('many')).toBe(true);
});
