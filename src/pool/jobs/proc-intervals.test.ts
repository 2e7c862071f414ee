import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProcIntervals } from './proc-intervals.ts';

const small = fc.integer({ min: 0, max: 30 });

describe('a set of proc numbers', () => {
  it('holds what a plain set would after any additions and deletions', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ proc: small, add: fc.boolean() })), small, (steps, asked) => {
        const intervals = new ProcIntervals([[5, 20]]);
        const plain = new Set(Array.from({ length: 16 }, (_, index) => 5 + index));
        for (const { proc, add } of steps) {
          if (!add) expect(intervals.delete(proc)).toBe(plain.delete(proc));
          else if (!plain.has(proc)) {
            intervals.add(proc);
            plain.add(proc);
          }
        }
        const sorted = [...plain].sort((a, b) => a - b);
        expect([...intervals]).toEqual(sorted);
        expect([...intervals.copy()]).toEqual(sorted);
        expect(intervals.size).toBe(plain.size);
        expect(intervals.first).toBe(sorted[0]);
        expect(intervals.has(asked)).toBe(plain.has(asked));
        expect(intervals.next(asked)).toBe(sorted.find((proc) => proc >= asked));
        expect(intervals.previous(asked)).toBe(sorted.findLast((proc) => proc <= asked));
      }),
    );
  });

  it('keeps neighbours as one interval', () => {
    const intervals = new ProcIntervals([[0, 99_999_999]]);
    intervals.delete(7);
    intervals.delete(5);
    expect([...intervals.intervals()]).toEqual([
      [0, 4],
      [6, 6],
      [8, 99_999_999],
    ]);
    intervals.add(5);
    intervals.add(7);
    expect([...intervals.intervals()]).toEqual([[0, 99_999_999]]);
  });
});
