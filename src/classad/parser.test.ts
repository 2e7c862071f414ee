import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GlideinError, isCode } from '#base/error.ts';
import { evaluate } from './evaluate.ts';
import { parseAd, parseExpression, parseOldAd } from './parser.ts';
import { printValue } from './print.ts';
import { Real } from './value.ts';

function problem(run: () => unknown): GlideinError {
  try {
    run();
  } catch (error) {
    if (error instanceof GlideinError) return error;
    throw error;
  }
  throw new Error('it parsed');
}

describe('a text that does not parse', () => {
  test.each([
    ['a = 1', 3, '"="', '=='],
    ['a and b', 3, '"and"', '&&'],
    ['a or b', 3, '"or"', '||'],
    ['not a', 5, '"a"', '! for'],
    ['Memory > 2G', 11, '"G"', 'submit commands'],
    ['Arch == X86 64', 13, '"64"', 'double quotes'],
    ['a => 1', 3, '"="', ''],
    ['x == "open', 6, 'no end', 'close it with "'],
    ['(1', 3, 'the end', ''],
    ['1.', 1, 'digits after the dot', '1.0'],
    ['010', 1, 'zero', '10'],
    ['0x10', 1, 'hexadecimal', 'decimal'],
    ['a @ b', 3, '"@"', ''],
    ['f(,)', 3, '","', ''],
    ['', 1, 'the end', ''],
    ['"\\0"', 1, 'byte zero', ''],
    ['/* a', 1, 'comment', '*/'],
  ])('%s', (text, column, message, cure) => {
    const error = problem(() => parseExpression(text));
    expect(error.code).toBe('InvalidExpression');
    expect(error.place).toEqual({ column, text });
    expect(error.message).toContain(message);
    expect(error.cure ?? '').toContain(cure);
  });

  test('the line counts where there are several', () => {
    expect(problem(() => parseAd('[ a = 1;\n  b = = ]')).place).toEqual({
      line: 2,
      column: 7,
      text: '  b = = ]',
    });
    expect(problem(() => parseOldAd('A = 1\n\nB = (2\n')).place).toEqual({
      line: 3,
      column: 7,
      text: 'B = (2',
    });
    expect(problem(() => parseOldAd('A = 1\nnonsense')).place).toEqual({
      line: 2,
      column: 1,
      text: 'nonsense',
    });
  });
});

test('a number is the nearest double, however it is written', () => {
  const digits = fc.stringMatching(/^(?:0|[1-9][0-9]{0,17})$/);
  const decimals = fc.option(fc.stringMatching(/^[0-9]{1,17}$/), { nil: undefined });
  fc.assert(
    fc.property(fc.boolean(), digits, decimals, (isNegative, whole, fraction) => {
      const text = `${isNegative ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}`;
      const value = evaluate(parseExpression(text), parseAd('[]'));
      if (fraction !== undefined) expect(value).toEqual(new Real(Number(text)));
      else expect(BigInt(value as number | bigint)).toBe(BigInt(text));
    }),
  );
});

test('a constant alone means what it means inside an expression', () => {
  const constants = fc.oneof(
    fc.string().map((text) => JSON.stringify(text)),
    fc.stringMatching(/^-?[0-9]{0,4}[.eEx"]?[0-9]{0,3}"?$/),
    fc.constantFrom('true', 'FALSE', 'undefined', 'error', '""', '"a" "b"', '"a', 'a"'),
  );
  const read = (text: string): string => {
    try {
      return printValue(evaluate(parseExpression(text), parseAd('[]')));
    } catch (error) {
      if (isCode(error, 'InvalidExpression')) return 'does not parse';
      throw error;
    }
  };
  fc.assert(
    fc.property(constants, (text) => {
      expect(read(text)).toBe(read(` ${text} `));
    }),
  );
});

describe('limits', () => {
  const nested = (depth: number): string => '('.repeat(depth) + '1'.padEnd(depth + 1, ')');

  test('165 parentheses parse, 1000 and a million do not', () => {
    expect(printValue(evaluate(parseExpression(nested(165)), parseAd('[]')))).toBe('1');
    for (const depth of [170, 1000, 1_000_000]) {
      expect(problem(() => parseExpression(nested(depth))).message).toContain('too deep');
    }
  });

  test.each(['-', '!', 'a ?: ', 'a ? b : ', '{', '[a=', 'f(', 'a['])('a million of %s', (piece) => {
    expect(problem(() => parseExpression(piece.repeat(1_000_000))).code).toBe('InvalidExpression');
  });

  test('chains of operators evaluate to 399 operators and are an error beyond', () => {
    const sum = (terms: number) => evaluate(parseExpression(Array(terms).fill('1').join('+')), parseAd('[]'));
    expect(sum(400)).toBe(400);
    expect(printValue(sum(402))).toBe('error');
    expect(problem(() => sum(100_000)).message).toContain('too deep');
  });
});

const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        'MY.',
        'TARGET.',
        '1',
        '2.5',
        '"x"',
        "'q'",
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        ';',
        ',',
      ),
      fc.constantFrom(
        '=',
        '==',
        '?',
        ':',
        '?:',
        '.',
        '-',
        '!',
        '&&',
        '||',
        'is',
        'error',
        'undefined',
        'true',
      ),
      fc.constantFrom(
        'size(',
        'eval(',
        'regexp(',
        'evalInEachContext(',
        'strcat(',
        'absTime(',
        '\\',
        '"',
        "'",
        '/*',
      ),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(' '));

test('whatever is written, nothing but our own error is thrown', () => {
  fc.assert(
    fc.property(soup, (text) => {
      try {
        const ad = parseAd(`[a = ${text}]`);
        printValue(evaluate(parseExpression(text), ad, ad));
      } catch (error) {
        if (!isCode(error, 'InvalidExpression')) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});

describe('parseOldAd', () => {
  test('reads lines; only \\" is an escape', () => {
    const ad = parseOldAd(
      '# from a file\nMyType = "Job"\r\n\nPath = "C:\\new \\"dir\\"\\"\nExpr = a =?= "b\\n"',
    );
    expect(ad.evaluateString('path')).toBe('C:\\new "dir"\\');
    expect(printValue(ad.evaluate('Expr'))).toBe('false');
    expect([...ad.names()]).toEqual(['MyType', 'Path', 'Expr']);
  });
});
