import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Budget } from './budget.ts';
import type { ClassAd } from './class-ad.ts';
import { evaluate } from './evaluate.ts';
import { explain } from './explain.ts';
import { parseAd, parseExpression } from './parser.ts';
import { printValue } from './print.ts';
import { isError } from './value.ts';

/** Attributes that lead to each other and back, through everything that an expression can be made of. */
const { expression } = fc.letrec<{ expression: string; ad: string; list: string }>((tie) => {
  const name = fc.constantFrom('a', 'b', 'n', 'L', 'MY', 'TARGET', 'zz');
  const key = fc.constantFrom('a', 'b', 'n', 'L', 'parent', 'MY', 'Cpus');
  const inner = tie('expression');
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      name,
      fc.constantFrom('1', '"a"', '"n.n"', '"eval(a)"', 'undefined', '{}', '[]'),
      tie('ad'),
      tie('list'),
      fc.tuple(inner, key).map(([base, attribute]) => `(${base}).${attribute}`),
      fc.tuple(inner, inner).map(([base, index]) => `(${base})[${index}]`),
      fc
        .tuple(inner, inner, fc.constantFrom('+', '=?=', '&&', '?:'))
        .map(([a, b, o]) => `(${a}) ${o} (${b})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
      fc
        .tuple(
          fc.constantFrom('isUndefined', 'size', 'string', 'eval', 'unparse', 'unresolved', 'sum'),
          inner,
        )
        .map(([f, argument]) => `${f}(${argument})`),
      fc
        .tuple(fc.constantFrom('evalInEachContext', 'countMatches', 'member', 'strcat', 'join'), inner, inner)
        .map(([f, first, second]) => `${f}(${first}, ${second})`),
    ),
    ad: fc
      .array(fc.tuple(fc.constantFrom('a', 'b', 'n', 'L', 'Cpus'), inner), { maxLength: 3 })
      .map((entries) => `[${entries.map(([attribute, text]) => `${attribute} = ${text}`).join('; ')}]`),
    list: fc.array(inner, { maxLength: 3 }).map((items) => `{${items.join(', ')}}`),
  };
});

const adOf = (a: string, b: string, n: string, L: string): ClassAd =>
  parseAd(`[ a = ${a}; b = ${b}; n = ${n}; L = ${L} ]`);

test('whatever leads back to itself has a value', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(expression, expression, expression, expression, expression, (text, a, b, n, L) => {
      const my = adOf(a, b, n, L);
      const target = adOf(n, L, a, b);
      for (const each of [text, 'a', 'b.Cpus', 'isUndefined(n.Cpus)', 'size(L)']) {
        const budget = new Budget(20_000);
        const value = evaluate(parseExpression(each), my, target, { budget });
        expect(printValue(value)).toBeTypeOf('string');
        explain(parseExpression(each), my, target, { budget });
      }
    }),
    { numRuns: 2_000 },
  );
});

describe('a list that holds itself does not use up the stack', () => {
  test.each([
    ['a list of itself and of an ad', 'isUndefined(n.Cpus)', '[ n = { n.n, [A = "x + 1"] } ]'],
    ['a list of itself', 'n.x', '[ n = { n } ]'],
    ['a list of itself twice', 'n.x', '[ n = { n, n } ]'],
    ['selections of selections', 'n.x.y.z', '[ n = { n.n, { n.x } } ]'],
    [
      'names that lead to names',
      'unresolved(a0)',
      `[ ${Array.from({ length: 20_000 }, (_, at) => `a${at} = a${at + 1} + 1`).join('; ')} ]`,
    ],
    [
      'contexts of contexts',
      'evalInEachContext(n, L).x',
      '[ n = evalInEachContext(n, L); L = { [], [n = L] } ]',
    ],
  ])('%s', (_what, text, ad) => {
    expect(printValue(evaluate(parseExpression(text), parseAd(ad)))).toBeTypeOf('string');
  });
});

describe('what a few characters ask for is refused before it fills the memory', () => {
  const many = `{ ${Array.from({ length: 20_000 }, () => '[]').join(', ')} }`;
  test.each([
    ['a list for each item of a list', 'evalInEachContext(evalInEachContext(1, L), L)', `[ L = ${many} ]`],
    [
      'a long text for each',
      'string(evalInEachContext(s, L))',
      `[ s = "${'x'.repeat(1_000_000)}"; L = ${many} ]`,
    ],
    [
      'a whole ad for each',
      'evalInEachContext(string(MY), L)',
      `[ s = "${'x'.repeat(1_000_000)}"; L = ${many} ]`,
    ],
    [
      'the pieces of a text for each',
      'evalInEachContext(split(s), L)',
      `[ s = "${'x '.repeat(500_000)}"; L = ${many} ]`,
    ],
  ])('%s', (_what, text, ad) => {
    const value = evaluate(parseExpression(`size(${text})`), parseAd(ad));
    expect(printValue(value).length).toBeLessThan(100);
  });
});

test('evaluations that share a budget stop when it is used up, and others do not', () => {
  const ad = parseAd('[ a = b + b; b = c + c; c = d + d; d = 1 ]');
  const budget = new Budget(20);
  const expensive = parseExpression('a + a + a + a');
  expect(isError(evaluate(expensive, ad, undefined, { budget }))).toBe(true);
  expect(budget).toMatchObject({ left: 0, isOverdrawn: true });
  expect(isError(evaluate(parseExpression('d'), ad, undefined, { budget }))).toBe(true);
  expect(evaluate(expensive, ad)).toBe(32);
});
