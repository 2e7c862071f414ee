import { expect, it } from 'vitest';
import { FreeNumbers } from './free-numbers.ts';

it('each payload gets the lowest free number, which no other has at the same time', () => {
  const numbers = new FreeNumbers(1);
  const first = numbers.take(1);
  expect(first).toEqual([1]);
  expect(numbers.take(2)).toEqual([2, 3]);
  numbers.giveBack(first);
  expect(numbers.take(2)).toEqual([1, 4]);
});
