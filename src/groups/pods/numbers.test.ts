import { describe, expect, it } from 'vitest';
import {
  isReserved,
  nothingReserved,
  numberOf,
  podName,
  reserve,
  unusedNumbers,
  withoutSeen,
} from './numbers.ts';

describe('reserve', () => {
  it('reserved numbers without a pod are used before new ones', () => {
    const reserved = {
      next: 7,
      ranges: [
        { from: 2, to: 3 },
        { from: 6, to: 6 },
      ],
    };
    expect(reserve(reserved, 2)).toEqual({ numbers: [2, 3], reserved });
    expect(reserve(reserved, 5, new Set([3]))).toEqual({
      numbers: [2, 6, 7, 8, 9],
      reserved: {
        next: 10,
        ranges: [
          { from: 2, to: 3 },
          { from: 6, to: 9 },
        ],
      },
    });
    expect(reserve(nothingReserved, 0)).toEqual({ numbers: [], reserved: nothingReserved });
  });

  it('only numbers already reserved are given when the status cannot hold another range', () => {
    const ranges = Array.from({ length: 64 }, (_, index) => ({ from: index * 2, to: index * 2 }));
    const reserved = { next: 200, ranges };
    expect(reserve(reserved, 100)).toEqual({ numbers: ranges.map(({ from }) => from), reserved });
  });
});

describe('withoutSeen', () => {
  it('the numbers of pods that were seen are reserved no more', () => {
    const reserved = { next: 10, ranges: [{ from: 0, to: 9 }] };
    expect(withoutSeen(reserved, (number) => number < 9 && number !== 4).ranges).toEqual([
      { from: 4, to: 4 },
      { from: 9, to: 9 },
    ]);
    expect(withoutSeen(reserved, () => false)).toBe(reserved);
  });

  it('reserved numbers never take more ranges than the status may hold, and none that was not seen is lost', () => {
    const reserved = { next: 400, ranges: [{ from: 0, to: 399 }] };
    const seen = (number: number): boolean => number % 2 === 0;
    const left = withoutSeen(reserved, seen);
    expect(left.ranges.length).toBeLessThanOrEqual(64);
    for (let number = 1; number < 400; number += 2) expect(isReserved(left, number)).toBe(true);
    expect(isReserved(left, 0)).toBe(false);
  });
});

it('the number of a pod is read from the names of its own group’s pods only', () => {
  expect(numberOf('g', podName('g', 12))).toBe(12);
  for (const name of ['g', 'g-', 'g-01', 'g-x', 'g-probe-1', 'h-1', 'g-1-2']) {
    expect(numberOf('g', name)).toBeUndefined();
  }
});

it('there are as many unused numbers as the reserved ranges say', () => {
  expect(
    unusedNumbers({
      next: 9,
      ranges: [
        { from: 1, to: 3 },
        { from: 8, to: 8 },
      ],
    }),
  ).toEqual([1, 2, 3, 8]);
});
