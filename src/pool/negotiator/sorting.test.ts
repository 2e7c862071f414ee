import { describe, expect, it } from 'vitest';
import { Sorting } from './sorting.ts';

/** Sorts so many jobs of an owner, one per step. */
function* steps(owner: string, count: number, sort: (owner: string) => void): Iterator<void> {
  for (let proc = 0; proc < count; proc += 1) {
    sort(owner);
    yield;
  }
}

/** Sorting a job takes two milliseconds, as with texts that take long to read. */
const slow = () => {
  for (const until = performance.now() + 2; performance.now() < until; );
};

describe('sorting', () => {
  it('a few hundred jobs that take long to read do not stop the pool, nor the submission after them', () => {
    const sorted: string[] = [];
    const sort = (owner: string) => {
      slow();
      sorted.push(owner);
    };
    const loop: (() => void)[] = [];
    const sorting = new Sorting({
      later: (run) => loop.push(run),
      onSorted: () => {},
    });
    sorting.take(steps('mallory', 200, sort));
    expect(sorted.length).toBeLessThan(10);
    sorting.take(steps('good', 20, sort));
    for (let run = loop.shift(); run !== undefined; run = loop.shift()) {
      const before = sorted.length;
      expect(sorting.isUnderWay).toBe(true);
      run();
      expect(sorted.length - before).toBeLessThan(10);
    }
    expect(sorting.isUnderWay).toBe(false);
    expect(sorted).toHaveLength(220);
    expect(sorted.lastIndexOf('good')).toBeLessThan(100);
  });

  it('a job that changes while others are sorted is sorted at once', () => {
    const sorted: string[] = [];
    const sort = (owner: string) => {
      if (owner === 'mallory') slow();
      sorted.push(owner);
    };
    const sorting = new Sorting({
      later: () => {},
      onSorted: () => {},
    });
    sorting.take(steps('mallory', 100, sort));
    sorting.take(steps('good', 1, sort));
    expect(sorted.at(-1)).toBe('good');
  });
});
