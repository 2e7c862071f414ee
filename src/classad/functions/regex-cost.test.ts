import { expect, test } from 'vitest';
import { evaluate } from '../evaluate.ts';
import { parseAd, parseExpression } from '../parser.ts';
import { isError } from '../value.ts';
import { hasNestedRepeats } from './regex-cost.ts';

test.each(['(a+)+', '(a*)*b', '((a+)b?)*', '(?:x{2,})+', '(a|b+)*', '([a+]c*)+'])(
  '%s may take for ever',
  (pattern) => {
    expect(hasNestedRepeats(pattern)).toBe(true);
  },
);

test.each(['a+b+', '(ab)+', '(a{2,3})+', String.raw`(a\+)+`, '[a+]+', '(a+)(b)+', '^slot[0-9]+@.*$'])(
  '%s does not',
  (pattern) => {
    expect(hasNestedRepeats(pattern)).toBe(false);
  },
);

test('a pattern without bound, or a huge subject, is an error and takes no time', () => {
  const ad = parseAd('[]').setValue('Subject', 'a'.repeat(100_000));
  for (const text of [
    'regexp("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")',
    'regexp("a", Subject)',
  ]) {
    expect(isError(evaluate(parseExpression(text), ad))).toBe(true);
  }
});
