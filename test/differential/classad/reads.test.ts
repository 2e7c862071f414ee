import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCode } from '#base/error.ts';
import type { Expression } from '#classad/ast.ts';
import { attributesReadBy } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import type { Environment } from '#classad/environment.ts';
import { evaluate, prepare } from '#classad/evaluate.ts';
import { parseAd, parseExpression } from '#classad/parser.ts';
import { printValue } from '#classad/print.ts';
import { isTrue } from '#classad/value.ts';
import { cases } from './expressions.ts';

/**
 * What the negotiator concludes from a look at an expression, checked by evaluating it. The evaluator itself is compared with
 * HTCondor by the other tests of this folder.
 */

const numRuns = 5_000;
const seed = 20_261_129;

interface Parsed {
  readonly expression: Expression;
  readonly my: ClassAd;
  readonly target: ClassAd;
}

function parsed(texts: { expression: string; my: string | null; target: string | null }): Parsed | undefined {
  try {
    const { expression, my, target } = texts;
    return {
      expression: parseExpression(expression),
      my: parseAd(my ?? '[]'),
      target: parseAd(target ?? '[]'),
    };
  } catch (error) {
    if (isCode(error, 'InvalidExpression')) return undefined;
    throw error;
  }
}

const noon: Environment = { now: () => 1_700_000_000, random: () => 0.25 };
const evening: Environment = { now: () => 1_800_030_001, random: () => 0.75 };

test('an expression does not see a change of an attribute that it is said not to read', () => {
  let changes = 0;
  fc.assert(
    fc.property(cases, fc.constantFrom('a', 'b', 'c', 'L', 'S', 'x', 'Memory'), (texts, name) => {
      const given = parsed(texts);
      if (given === undefined) return;
      const { expression, my, target } = given;
      const reads = attributesReadBy(expression, my);
      const key = name.toLowerCase();
      // What the other ad reads in turn belongs to the attributes of that ad.
      const others = [...reads.target].filter(
        (each) => target.get(each)?.kind !== 'literal' && target.has(each),
      );
      if (reads.anything || reads.target.has(key) || others.length > 0) return;
      changes += 1;
      const before = printValue(evaluate(expression, my, target, noon));
      const changed = target.clone().setValue(name, 'changed');
      expect(printValue(evaluate(expression, my, changed, noon))).toBe(before);
      if (!reads.clock) expect(printValue(evaluate(expression, my, target, evening))).toBe(before);
      if (reads.my.has(key)) return;
      expect(printValue(evaluate(expression, my.clone().setValue(name, 'changed'), target, noon))).toBe(
        before,
      );
    }),
    { numRuns, seed },
  );
  expect(changes).toBeGreaterThan(numRuns / 4);
});

/** Conditions that hold, that do not, and that are none, joined by `&&` in any grouping; parentheses come of their own. */
const conditions = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom('true', 'a', '1', '2.5', 'TARGET.a', 'MY.a', 'Memory >= 2', 'a == 1'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('false', '0', '0.0', 'undefined', 'error', '"text"', '{}', 'nope'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'countMatches(nope,{[a=1]}) == 0',
      'countMatches(a,{[b=1]}) == 1',
      'countMatches(MY.a,TARGET.L) >= 0',
      'isUndefined(unresolved(nope))',
    ),
  },
  { weight: 2, arbitrary: cases.map(({ expression }) => `(${expression})`) },
);
const joined = fc.letrec<{ all: string; both: string }>((tie) => ({
  all: fc.oneof({ maxDepth: 4 }, { weight: 1, arbitrary: conditions }, { weight: 2, arbitrary: tie('both') }),
  both: fc.tuple(tie('all'), tie('all'), fc.boolean()).map(([left, right, isGrouped]) => {
    const whole = `${left} && ${right}`;
    return isGrouped ? `(${whole})` : whole;
  }),
})).all;

test('a conjunction is true exactly if each of its conjuncts is', () => {
  let holding = 0;
  let several = 0;
  fc.assert(
    fc.property(joined, cases, (text, ads) => {
      const given = parsed({ ...ads, expression: text });
      if (given === undefined) return;
      const { expression, my, target } = given;
      for (const ad of [my, target]) if (!ad.has('a')) ad.setValue('a', 1);
      const holds = (each: Expression): boolean => isTrue(evaluate(each, my, target, noon));
      const parts = conjuncts(expression, my);
      expect(parts.every(holds), text).toBe(holds(expression));
      expect(conjuncts(expression).every(holds), text).toBe(holds(expression));
      if (holds(expression)) holding += 1;
      if (parts.length > 1) several += 1;
    }),
    { numRuns, seed },
  );
  expect(holding).toBeGreaterThan(numRuns / 20);
  expect(several).toBeGreaterThan(numRuns / 4);
});

test('a prepared expression has the same value in one pair of ads after the other', () => {
  fc.assert(
    fc.property(cases, fc.array(cases, { minLength: 1, maxLength: 3 }), (texts, pairs) => {
      const given = parsed(texts);
      if (given === undefined) return;
      const run = prepare(given.expression);
      for (const { my, target } of [texts, ...pairs]) {
        const each = parsed({ expression: 'true', my, target });
        if (each === undefined) continue;
        const expected = evaluate(given.expression, each.my, each.target, noon);
        expect(printValue(run(each.my, each.target, noon))).toBe(printValue(expected));
      }
    }),
    { numRuns, seed },
  );
});

test('an expression that is too deep to be evaluated is not made evaluable by its parts', () => {
  const deep = parseExpression(Array(450).fill('true').join(' && '));
  const ad = parseAd('[]');
  const holds = (each: Expression): boolean => isTrue(evaluate(each, ad, ad));
  expect(holds(deep)).toBe(false);
  expect(conjuncts(deep).every(holds)).toBe(false);
});
