import { expect, test } from 'vitest';
import { evaluate } from '#classad/evaluate.ts';
import { parseAd, parseExpression } from '#classad/parser.ts';
import { typeOf } from '#classad/value.ts';
import { Oracle } from '../oracle.ts';
import { htcondorRoot, skipWithoutHtcondor } from '../with-htcondor.ts';
import { ourAnswer } from './answers.ts';
import { compareAll, randomCases, shrink } from './differences.ts';
import { binaryOperators } from './expressions.ts';
import { signatures } from './functions.ts';
import { knownDifferences } from './known-differences.ts';
import { matrixCases } from './matrix.ts';
import { samples, sampleTypes } from './samples.ts';

const count = 200_000;
/**
 * The same cases each time: a suite that fails by chance says nothing of the change that it tests. `npm run soak -- classad`
 * asks fresh ones.
 */
const usualSeed = 20_261_129;
/** Cases that are asked at once: what is in memory. */
const portion = 20_000;

test('the samples are of the types that they are said to be', () => {
  for (const type of sampleTypes) {
    for (const text of samples[type]) {
      expect(typeOf(evaluate(parseExpression(text), parseAd('[]'))), text).toBe(type);
    }
  }
});

test('the table of known differences stays short', () => {
  expect(knownDifferences.length).toBeLessThanOrEqual(10);
});

test(`${count} random cases mean what they mean to HTCondor`, { timeout: 600_000 }, async (context) => {
  skipWithoutHtcondor(context);
  const seed = Number(process.env.GLIDEIN_TEST_SEED ?? usualSeed);
  await using oracle = new Oracle(htcondorRoot());
  const met = new Map<string, number>();
  const covered = new Set<string>();
  const matrix = matrixCases(2, seed);
  let asked = 0;
  const report = (known: ReadonlyMap<{ reason: string }, number>) => {
    for (const [{ reason }, times] of known) met.set(reason, (met.get(reason) ?? 0) + times);
  };

  const systematic = await compareAll(matrix, oracle, ourAnswer);
  expect(systematic.differences.slice(0, 5), `seed ${seed}`).toEqual([]);
  report(systematic.known);
  for (const { covers } of matrix) covered.add(covers);
  asked += matrix.length;

  for (let round = 0; asked < count; round += 1) {
    const cases = randomCases(Math.min(portion, count - asked), seed + round);
    const compared = await compareAll(cases, oracle, ourAnswer);
    const worst = compared.differences[0];
    if (worst !== undefined) {
      const index = cases.findIndex(
        ({ expression, my, target }) =>
          expression === worst.expression && my === worst.my && target === worst.target,
      );
      const smallest = await shrink(seed + round, index, oracle, ourAnswer);
      expect(
        smallest ?? worst,
        `seed ${seed}, ${compared.differences.length} of ${cases.length} differ`,
      ).toBeUndefined();
    }
    report(compared.known);
    asked += cases.length;
  }

  const pairs = binaryOperators.length * sampleTypes.length ** 2;
  const coveredPairs = binaryOperators.flatMap((operator) =>
    sampleTypes.flatMap((a) => sampleTypes.filter((b) => covered.has(`${operator} ${a} ${b}`))),
  ).length;
  const functions = Object.keys(signatures).filter((name) => covered.has(`${name} without arguments`)).length;
  console.log(
    [
      `seed ${seed}: ${asked} cases, ${coveredPairs} of ${pairs} pairs of types under ${binaryOperators.length} operators,`,
      `${functions} of ${Object.keys(signatures).length} functions with every type in every place; known differences met:`,
      ...[...met].map(([reason, times]) => `\n  ${times} times: ${reason}`),
    ].join(' '),
  );
  expect(coveredPairs).toBe(pairs);
  expect(functions).toBe(Object.keys(signatures).length);
});
