import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlotNumbers } from './slot-numbers.ts';

it('a new dynamic slot gets the lowest number that is free, however many there are', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -2, max: 200 }), { maxLength: 300 }), (steps) => {
      const numbers = new SlotNumbers();
      const taken = new Set<number>();
      for (const step of steps) {
        if (taken.delete(step)) numbers.giveBack(step);
        else {
          let lowest = 1;
          while (taken.has(lowest)) lowest += 1;
          expect(numbers.take()).toBe(lowest);
          taken.add(lowest);
        }
      }
    }),
  );
});
