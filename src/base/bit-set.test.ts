import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BitSet } from './bit-set.ts';

it('has what was added and not deleted since, in ascending order, without what is in another set', () => {
  const change = fc.record({ item: fc.nat(200), isAdded: fc.boolean(), toOther: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
      const sets = [new BitSet(), new BitSet()] as const;
      const expected = [new Set<number>(), new Set<number>()] as const;
      for (const { item, isAdded, toOther } of changes)
        for (const set of [sets[toOther ? 1 : 0], expected[toOther ? 1 : 0]])
          if (isAdded) set.add(item);
          else set.delete(item);
      const without = [...expected[0]].filter((item) => !expected[1].has(item)).sort((a, b) => a - b);
      const found: number[] = [];
      for (let at = sets[0].next(0, sets[1]); at >= 0; at = sets[0].next(at + 1, sets[1])) found.push(at);
      expect(found).toEqual(without);
      expect(sets[0].isWithin(sets[1])).toBe(without.length === 0);
    }),
  );
});
