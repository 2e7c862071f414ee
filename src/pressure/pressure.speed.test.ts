import { expect, it } from 'vitest';
import { groupOf, jobsOf, known, pilotOf, policyOf } from '#testing/pressure-world.ts';
import { pressure } from './pressure.ts';

const groups = Array.from({ length: 10 }, (_, n) =>
  groupOf(`g${n}`, { cpus: 8 }, { starting: 20, limits: { maxPilots: 2000, maxPending: 2000 } }),
);
const pilots = Array.from({ length: 1000 }, (_, n) =>
  pilotOf(
    `p${n}`,
    `g${n % 10}`,
    'Busy',
    { cpus: n % 8, memory: 1000 + (n % 97) * 10 },
    { Machine: `"host${n}"` },
  ),
);

/** The fastest of a few: what the machine does besides is not counted. */
function fastest(count: number): number {
  const waiting = Array.from({ length: 200 }, (_, id) =>
    jobsOf(
      count,
      { cpus: 1 + (id % 9), memory: 128 * (1 + (id % 20)) },
      { id, texts: { Owner: `"u${id}"` } },
    ),
  );
  const times = Array.from({ length: 8 }, () => {
    const before = performance.now();
    pressure(known(waiting, pilots), groups, policyOf(), undefined);
    return performance.now() - before;
  });
  return Math.min(...times);
}

it.each([50, 100_000])(
  'decides on 200 autoclusters of %d jobs, 1,000 pilots and 10 groups in well under 200 ms',
  (count) => {
    expect(fastest(count)).toBeLessThan(200);
  },
);
