import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Oracle } from '../oracle.ts';
import { htcondorRoot, skipWithoutHtcondor } from '../with-htcondor.ts';
import { compareAll, randomCases, shrink } from './differences.ts';

/**
 * A comparison that cannot fail shows nothing. Each of these mistakes is one that an evaluator of this language may well
 * have; the same generator must find it, and make it small.
 */

const seed = 1;
const count = 20_000;

const mistakes: readonly (readonly [what: string, plant: () => void])[] = [
  [
    'undefined && false is undefined',
    () =>
      vi.doMock('#classad/operators/logic.ts', async (original) => {
        const right = await original<typeof import('#classad/operators/logic.ts')>();
        const and: typeof right.and = (left, other) =>
          left === undefined ? undefined : right.and(left, other);
        return { ...right, and };
      }),
  ],
  [
    'strings compare with regard to case',
    () =>
      vi.doMock('#classad/operators/comparison.ts', async (original) => {
        const right = await original<typeof import('#classad/operators/comparison.ts')>();
        return { ...right, sameText: (left: string, other: string) => left === other };
      }),
  ],
  [
    'undefined wins over errors',
    () =>
      vi.doMock('#classad/operators/strict.ts', async (original) => {
        const right = await original<typeof import('#classad/operators/strict.ts')>();
        const strict: typeof right.strict = (left, other) =>
          left === undefined || other === undefined ? undefined : right.strict(left, other);
        return { ...right, strict };
      }),
  ],
  [
    'a version is not at least itself',
    () =>
      vi.doMock('#classad/functions/versions.ts', async (original) => {
        const right = await original<typeof import('#classad/functions/versions.ts')>();
        const { versionGE } = right.versions;
        return {
          ...right,
          versions: { ...right.versions, versionGE: right.versions.versionGT ?? versionGE },
        };
      }),
  ],
];

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  vi.doUnmock('#classad/operators/logic.ts');
  vi.doUnmock('#classad/operators/comparison.ts');
  vi.doUnmock('#classad/operators/strict.ts');
  vi.doUnmock('#classad/functions/versions.ts');
});

test.for(mistakes)('finds the mistake that %s', { timeout: 300_000 }, async ([, plant], context) => {
  skipWithoutHtcondor(context);
  plant();
  const { ourAnswer } = await import('./answers.ts');
  await using oracle = new Oracle(htcondorRoot());
  const cases = randomCases(count, seed);
  const { differences } = await compareAll(cases, oracle, ourAnswer);
  expect(differences.length).toBeGreaterThan(0);
  const first = cases.findIndex(({ expression }) => expression === differences[0]?.expression);
  const smallest = await shrink(seed, first, oracle, ourAnswer);
  console.log(`${differences.length} of ${count} cases differ, such as ${JSON.stringify(smallest)}`);
  expect(smallest?.expression.length).toBeLessThanOrEqual(100);
});
