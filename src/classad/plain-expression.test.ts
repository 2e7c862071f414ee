import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from './budget.ts';
import type { ClassAd } from './class-ad.ts';
import { evaluate, prepare } from './evaluate.ts';
import { parseAd, parseExpression } from './parser.ts';
import { printValue } from './print.ts';

const name = fc.constantFrom(
  'a',
  'b',
  'c',
  'd',
  'MY.a',
  'TARGET.a',
  'TARGET.b',
  'other.C',
  'self.b',
  'target.my',
);
const constant = fc.constantFrom(
  '1',
  '2.5',
  '"x"',
  '"X"',
  'true',
  'undefined',
  'error',
  '9223372036854775807',
);
const expression = fc.letrec<{ any: string; joined: string }>((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, name, constant, tie('joined')),
  joined: fc.oneof(
    fc
      .tuple(
        tie('any'),
        fc.constantFrom('&&', '||', '==', '=?=', '=!=', '<', '>=', '+', '-', '/', '?:'),
        tie('any'),
      )
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
    tie('any').map((operand) => `(!${operand})`),
    tie('any').map((operand) => `(-(${operand}))`),
  ),
})).any;
const value = fc.constantFrom(
  '1',
  '2.5',
  '"x"',
  'true',
  'undefined',
  '[x=1]',
  'b + 1',
  'TARGET.b',
  'a',
  '{1}',
);
const ad = fc.dictionary(fc.constantFrom('a', 'b', 'C', 'MY', 'Target'), value, { maxKeys: 4 }).map((texts) =>
  parseAd(
    `[${Object.entries(texts)
      .map(([key, text]) => `${key} = ${text}`)
      .join('; ')}]`,
  ),
);

describe('a prepared expression of operators, names and constants', () => {
  it('has the value, and takes the part of the budget, that any evaluation has and takes', () => {
    let plain = 0;
    fc.assert(
      fc.property(expression, fc.array(fc.tuple(ad, ad), { minLength: 1, maxLength: 3 }), (text, pairs) => {
        const parsed = parseExpression(`(${text})`);
        const run = prepare(parsed);
        for (const [my, target] of pairs) {
          const [one, other] = [new Budget(100), new Budget(100)];
          const expected = evaluate(parsed, my, target, { budget: one });
          expect(printValue(run(my, target, { budget: other })), text).toBe(printValue(expected));
          expect(other).toEqual(one);
          if (isConstant(my) && isConstant(target)) plain += 1;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  it('is an error once the budget is used up, and says so', () => {
    const run = prepare(parseExpression('TARGET.a == 1'));
    const budget = new Budget(2);
    const values = [1, 2, 3].map(() => printValue(run(parseAd('[]'), parseAd('[a = 1]'), { budget })));
    expect(values).toEqual(['true', 'true', 'error']);
    expect(budget.isOverdrawn).toBe(true);
  });
});

const isConstant = (each: ClassAd): boolean =>
  [...each.attributes()].every(({ expression: { kind } }) => kind === 'literal');
