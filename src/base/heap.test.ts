import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from './heap.ts';

const operation = fc.oneof(
  fc.record({ push: fc.integer() }),
  fc.record({ pop: fc.constant(true) }),
  fc.record({ raise: fc.nat() }),
);

describe('a heap', () => {
  it('its first item is the least of all that were pushed and not popped', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
        const heap = new Heap<{ value: number }>((a, b) => a.value - b.value);
        const items: { value: number }[] = [];
        const least = () => Math.min(...items.map(({ value }) => value));
        for (const each of operations) {
          if ('push' in each) {
            const item = { value: each.push };
            heap.push(item);
            items.push(item);
          } else if ('pop' in each) {
            const popped = heap.pop();
            if (popped !== undefined) items.splice(items.indexOf(popped), 1);
          } else if (heap.first !== undefined) {
            heap.first.value += each.raise;
            heap.firstChanged();
          }
          expect(heap.size).toBe(items.length);
          expect(heap.first?.value).toBe(items.length === 0 ? undefined : least());
        }
      }),
    );
  });
});
