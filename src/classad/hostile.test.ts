import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCode } from '#base/error.ts';
import { evaluate } from './evaluate.ts';
import { parseAd, parseExpression, parseOldAd } from './parser.ts';
import { printValue } from './print.ts';

/**
 * Whatever comes in, there is a value or an error with its place: no exception of another kind, no stall, no stack that
 * overflows. A test that stalls fails by vitest's own limit of time.
 */
function survives(text: string, my = '[]', target?: string): string {
  try {
    const ad = parseAd(my);
    return printValue(
      evaluate(parseExpression(text), ad, target === undefined ? undefined : parseAd(target)),
    );
  } catch (error) {
    if (isCode(error, 'InvalidExpression')) return `! ${error.message}`;
    throw error;
  }
}

/** `count` attributes, of which each is made from the next one. */
function chain(count: number, link: (next: string) => string, last: string): string {
  const links = Array.from({ length: count }, (_, index) => `a${index} = ${link(`a${index + 1}`)}`);
  return `[ ${[...links, `a${count} = ${last}`].join('; ')} ]`;
}

test('random bytes', () => {
  const pieces = fc.constantFrom(
    ...' "\'\\/*()[]{}=<>!?:;,.&|^~+-%\n\t\0aMYTARGET019eE_'.split(''),
    'é',
    '\ud800',
    'strcat(',
    'eval(',
    '?:',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, text, (expression, ad) => {
      expect(typeof survives(expression, `[ a = 1; b = ${ad} ]`)).toBe('string');
      expect(typeof survives(expression)).toBe('string');
      try {
        parseOldAd(ad);
      } catch (error) {
        if (!isCode(error, 'InvalidExpression')) throw error;
      }
    }),
    { numRuns: 3_000 },
  );
});

describe('nesting 10,000 deep', () => {
  const deep = 10_000;
  test.each([
    ['parentheses', `${'('.repeat(deep)}1${')'.repeat(deep)}`],
    ['lists', `${'{'.repeat(deep)}1${'}'.repeat(deep)}`],
    ['ads', `${'[a='.repeat(deep)}1${']'.repeat(deep)}`],
    ['calls', `${'int('.repeat(deep)}1${')'.repeat(deep)}`],
    ['signs', `${'- '.repeat(deep)}1`],
    ['negations', `${'!'.repeat(deep)}true`],
    ['conditions', `${'true ? 1 : '.repeat(deep)}1`],
    ['elvis', `${'undefined ?: '.repeat(deep)}1`],
    ['sums', `${'1 + '.repeat(deep)}1`],
    ['selections', `a${'.a'.repeat(deep)}`],
    ['subscripts', `a${'[0]'.repeat(deep)}`],
  ])('%s', (_what, text) => {
    expect(survives(text)).toMatch(/^! the expression nests too deep/);
  });

  test('attributes', () => {
    expect(
      survives(
        'a0',
        chain(deep, (next) => next, '1'),
      ),
    ).toBe('error');
    expect(survives('eval(a)', '[ a = "eval(a)" ]')).toBe('error');
  });
});

describe('attributes that double', () => {
  test.each([
    ['sums', (next: string) => `${next} + ${next}`, '1'],
    ['texts', (next: string) => `strcat(${next}, ${next})`, '"xxxxxxxxxxxxxxxx"'],
    ['lists', (next: string) => `{ sum(${next}), sum(${next}) }`, '{ 1 }'],
  ])('%s', (_what, link, last) => {
    expect(survives('size(string(a0))', chain(60, link, last))).toMatch(/error|[0-9]+/);
  });

  test('contexts', () => {
    expect(survives('L', '[ L = evalInEachContext(L, {[a=1],[b=2],[c=3]}) ]', '[]').length).toBeGreaterThan(
      0,
    );
  });

  test('names that are missed are still told', () => {
    expect(
      survives(
        'unresolved(a0)',
        chain(60, (next) => `${next} + ${next} + b`, '1'),
      ),
    ).toBe('"b"');
  });
});

describe('texts of any size', () => {
  const million = 1_000_000;
  test.each([
    ['a string', `size("${'x'.repeat(10 * million)}")`, '10000000'],
    ['a string without an end', `"${'x'.repeat(10 * million)}`, '! this string has no end'],
    ['a comment without an end', `/*${'x'.repeat(10 * million)}`, '! this comment has no end'],
    ['a number', '1'.repeat(10 * million), '0'],
    ['blanks', `${' '.repeat(10 * million)}1`, '1'],
    ['a name', 'a'.repeat(10 * million), 'undefined'],
    ['a list', `size({${'1,'.repeat(million)}1})`, '1000001'],
    ['arguments', `size(strcat(${'"x",'.repeat(million / 10)}"x"))`, '100001'],
    ['strings side by side', `size(${'"x"'.repeat(million)})`, '1000000'],
    ['the width of a field', 'size(formatTime(0, "%999999999Y"))', '1000'],
  ])('%s', (_what, text, answer) => {
    expect(survives(text)).toBe(answer);
  });

  test('an ad of 10 MB', { timeout: 60_000 }, () => {
    const attributes = Array.from({ length: 600_000 }, (_, index) => `a${index} = ${index}`);
    expect(parseAd(`[ ${attributes.join('; ')} ]`).size).toBe(600_000);
    expect(parseOldAd(attributes.join('\n')).size).toBe(600_000);
  });
});

describe('patterns that make other matchers stall', () => {
  const subject = `[ s = "${'a'.repeat(50_000)}b" ]`;
  test.each([
    ['regexp("(a+)+$", s)', 'false'],
    ['regexp("(a|aa)+$", s)', 'false'],
    ['regexp("(.*a){12}$", s)', 'false'],
    ['regexp("(a?){500}a{500}", s)', /true|error/],
    ['regexp("((((a{1,50}){1,50}){1,50}){1,50})$", s)', 'error'],
    ['size(replaceall("a(.*c)?", s, "x"))', 'error'],
    ['regexps("(a*)*b", s, "\\\\1")', /^"/],
    ['regexp("(a)\\\\1", s)', 'error'],
    ['regexp("(?=a)", s)', 'error'],
    ['regexpMember("(a+)+$", { s,s,s,s,s,s,s,s,s,s })', /false|error/],
  ])('%s', (text, answer) => {
    expect(survives(text, subject)).toMatch(answer);
  });
});
