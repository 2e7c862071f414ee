import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BinaryOperator,
  binary,
  call,
  conditional,
  type Expression,
  elvis,
  list,
  literal,
  parentheses,
  record,
  reference,
  select,
  subscript,
  type UnaryOperator,
  unary,
} from './ast.ts';
import { asciiLower, compareNames } from './names.ts';
import { parseAd, parseExpression, parseOldAd } from './parser.ts';
import { printAd, printExpression, printValue } from './print.ts';
import { AbsTime, errorValue, ListValue, Real, RelTime, type Value } from './value.ts';

const operators: BinaryOperator[] = [
  '||',
  '&&',
  '|',
  '^',
  '&',
  '==',
  '!=',
  'is',
  'isnt',
  '<',
  '<=',
  '>',
  '>=',
];
operators.push('<<', '>>', '>>>', '+', '-', '*', '/', '%');
const unaryOperators: UnaryOperator[] = ['-', '+', '!', '~'];

const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/),
  fc.constantFrom('odd name', 'true', "it's", 'parent', 'é'),
);
const scalar = fc.oneof(
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.constantFrom(undefined, 2n ** 62n, -(2n ** 63n), '', '\t"\\é\u{1F600}\x07'),
  fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
  fc
    .double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 })
    .map((value) => new Real(value)),
);

const { expression } = fc.letrec<{ expression: Expression }>((tie) => {
  const inner = tie('expression');
  return {
    expression: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      scalar.map((value) => literal(value)),
      fc.tuple(name, fc.boolean()).map(([text, absolute]) => reference(text, absolute)),
      fc.tuple(inner, name).map(([base, text]) => select(base, text)),
      fc.tuple(inner, inner).map(([base, index]) => subscript(base, index)),
      // A sign directly before a number would become part of it.
      fc
        .tuple(fc.constantFrom(...unaryOperators), inner)
        .map(([operator, operand]) => unary(operator, parentheses(operand))),
      fc
        .tuple(fc.constantFrom(...operators), inner, inner)
        .map(([operator, left, right]) => binary(operator, left, right)),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => conditional(a, b, c)),
      fc.tuple(inner, inner).map(([left, right]) => elvis(left, right)),
      fc.tuple(name, fc.array(inner, { maxLength: 3 })).map(([text, args]) => call(text, args)),
      fc.array(inner, { maxLength: 3 }).map((items) => list(items)),
      fc
        .uniqueArray(fc.tuple(name, inner), { maxLength: 3, selector: ([text]) => asciiLower(text) })
        .map((entries) => record(entries.map(([text, value]) => ({ name: text, expression: value })))),
    ),
  };
});

/** Without parentheses, depths and the order of attributes: what must survive printing. */
function essence(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(essence);
  if (node === null || typeof node !== 'object' || node instanceof Real) return node;
  if ('kind' in node && node.kind === 'parentheses' && 'inner' in node) return essence(node.inner);
  const fields = Object.entries(node).filter(([key]) => key !== 'depth' && key !== 'size');
  return Object.fromEntries(
    fields.map(([key, value]) => [key, essence(key === 'entries' ? sorted(value) : value)]),
  );
}

function sorted(entries: readonly { name: string }[]): readonly { name: string }[] {
  return [...entries].sort((a, b) => compareNames(a.name, b.name));
}

describe('printExpression', () => {
  test('gives text that parses to the same tree', () => {
    fc.assert(
      fc.property(expression, (tree) => {
        expect(essence(parseExpression(printExpression(tree, 'wire')))).toEqual(essence(tree));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['a+b', 'a + b'],
    ['!a', ' !a'],
    ['- -a', ' - -a'],
    ['f(1,2, 3)', 'f(1,2,3)'],
    ['((a+b))*c', '((a + b)) * c'],
    ['a =?= b', 'a is b'],
    ['a =!= b', 'a isnt b'],
    ['TRUE', 'true'],
    ["'true'", "'true'"],
    ['a -5', 'a - 5'],
    ['2--3', '2 - -3'],
    ['x ? : y', 'x ?: y'],
    ['a.b ?: c.d', 'a.b ?: c.d'],
    ['!x is undefined', ' !x is undefined'],
    ['"a" "b"', '"ab"'],
    ['[b=1;aa=2;a=3]', '[ a = 3; b = 1; aa = 2 ]'],
  ])('%s prints as %s', (text, printed) => {
    expect(printExpression(parseExpression(text))).toBe(printed);
  });
});

describe('printValue', () => {
  const cases: [Value, string][] = [
    [new Real(1.5), '1.500000000000000E+00'],
    [new Real(1e20), '1.000000000000000E+20'],
    [new Real(0), '0.0'],
    [new Real(-0), '-0.0'],
    [new Real(Number.NaN), 'real("NaN")'],
    [new Real(Number.NEGATIVE_INFINITY), 'real("-INF")'],
    ['é', '"\\303\\251"'],
    ['a"\\\n\x01', '"a\\"\\\\\\n\\001"'],
    [new AbsTime(1_577_934_245), 'absTime("2020-01-02T03:04:05-00:00")'],
    [new AbsTime(0, 5400), 'absTime("1970-01-01T01:30:00+01:30")'],
    [new RelTime(93_784), 'relTime("1+02:03:04")'],
    [new RelTime(60), 'relTime("01:00")'],
    [new RelTime(-5), 'relTime("-05")'],
    [ListValue.of([1, 'a']), '{ 1,"a" }'],
    [ListValue.of([]), '{  }'],
    [errorValue('why'), 'error'],
    [undefined, 'undefined'],
    [2n ** 62n, '4611686018427387904'],
  ];
  test.each(cases)('%s', (value, printed) => {
    expect(printValue(value)).toBe(printed);
  });
});

describe('printAd', () => {
  test('on one line, by length of name', () => {
    expect(printAd(parseAd('[bb=1;a="x";B=2]'), 'new')).toBe('[ a = "x"; B = 2; bb = 1 ]');
    expect(printAd(parseAd('[]'), 'new')).toBe('[  ]');
  });

  test('on lines, with short reals and =?=', () => {
    const ad = parseAd('[c=0.1;a=3.0;b=x is 1e20;d="C:\\\\dir"]');
    expect(printAd(ad, 'old')).toBe('a = 3.0\nb = x =?= 1E+20\nc = 0.1\nd = "C:\\dir"\n');
  });

  test('what was printed on lines reads back', () => {
    const text = 'A = 0.1\nB = "say \\"hi\\" C:\\dir"\nC = x =?= undefined\nD = -123456.789\n';
    expect(printAd(parseOldAd(text), 'old')).toBe(text);
  });
});
