import { describe, expect, test } from 'vitest';
import { byAccountant } from '#testing/fair-share/by-accountant.ts';
import { Formulas, groupOf } from '#testing/fair-share/by-formulas.ts';
import { GroupFormulas } from '#testing/fair-share/group-formulas.ts';
import { simulate } from '#testing/fair-share/simulate.ts';
import { randomWorkload, type UserPlan, type Workload } from '#testing/fair-share/workload.ts';

/** Of the cores of the pool. */
const tolerance = 0.02;
const seeds = [1, 2, 3, 4, 5];

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Mean cores of each user between two parts of the time, as parts of the pool. */
const shares = (
  { cores, cycles }: Workload,
  history: ReadonlyMap<UserPlan, readonly number[]>,
  from: number,
  until: number,
) => [...history.values()].map((used) => mean(used.slice(from * cycles, until * cycles)) / cores);

/** The greatest difference of two lists. */
const apart = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? 0))));

/**
 * Where HTCondor's formulas settle while everybody has jobs. A real priority then equals the use, so `use ∝ 1/(use × factor)`:
 * within a group the use is in inverse proportion to the root of the factor.
 */
function settledShares(workload: Workload): number[] {
  const { users, cores } = workload;
  const hungry = new Set(users.map(groupOf));
  const groups = new GroupFormulas(workload);
  const allocated = groups.allocations((name) => (hungry.has(name) ? 1e6 : 0));
  return users.map((user) => {
    const same = users.filter((other) => groupOf(other) === groupOf(user));
    const whole = same.reduce((sum, { factor }) => sum + factor ** -0.5, 0);
    const pie = workload.groups.length === 0 ? cores : allocated(groupOf(user));
    return (user.factor ** -0.5 / whole) * (pie / cores);
  });
}

describe('10,000 negotiations', () => {
  test.each(seeds)('users who always have jobs get what HTCondor’s formulas settle at, seed %i', (seed) => {
    const workload = randomWorkload(seed, false);
    const history = simulate(workload, byAccountant(workload));
    expect(apart(shares(workload, history, 0.5, 1), settledShares(workload))).toBeLessThan(tolerance);
  });

  test.each(seeds)('users who come and go get what the formulas give them at every time, seed %i', (seed) => {
    const workload = randomWorkload(seed, true);
    const ours = simulate(workload, byAccountant(workload));
    const theirs = simulate(workload, new Formulas(workload));
    for (let tenth = 0; tenth < 1; tenth += 0.1) {
      const between = [tenth, tenth + 0.1] as const;
      expect(apart(shares(workload, ours, ...between), shares(workload, theirs, ...between))).toBeLessThan(
        tolerance,
      );
    }
  });
});
