import { describe, expect, it } from 'vitest';
import type { Job } from '../jobs/job.ts';
import { Sorting } from './sorting.ts';

const jobs = (owner: string, count: number): Job[] =>
  Array.from({ length: count }, (_, proc) => ({ proc, cluster: { owner } }) as unknown as Job);

/** Sorting a job takes two milliseconds, as with texts that take long to read. */
const slow = () => {
  for (const until = performance.now() + 2; performance.now() < until; );
};

describe('sorting', () => {
  it('a few hundred jobs that take long to read do not stop the pool, nor the submission after them', () => {
    const sorted: string[] = [];
    const loop: (() => void)[] = [];
    const sorting = new Sorting({
      sort: ({ cluster }) => {
        slow();
        sorted.push(cluster.owner);
      },
      later: (run) => loop.push(run),
      onSorted: () => {},
    });
    sorting.take(jobs('mallory', 200));
    expect(sorted.length).toBeLessThan(10);
    sorting.take(jobs('good', 20));
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
    const sorting = new Sorting({
      sort: ({ cluster }) => {
        if (cluster.owner === 'mallory') slow();
        sorted.push(cluster.owner);
      },
      later: () => {},
      onSorted: () => {},
    });
    sorting.take(jobs('mallory', 100));
    sorting.take(jobs('good', 1));
    expect(sorted.at(-1)).toBe('good');
  });
});
