import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newSyntaxWords, oldSyntaxWords } from './argument-syntax.ts';

it.each([
  ['', []],
  ['a  b\tc', ['a', 'b', 'c']],
  ["'two words' x", ['two words', 'x']],
  ["it''s", ['its']],
  ["'it''s'", ["it's"]],
  ["a'b c'd", ['ab cd']],
  ["''", ['']],
  [`A='x "y"' B=`, ['A=x "y"', 'B=']],
])('the new syntax splits %s into its words', (text, words) => {
  expect(newSyntaxWords(text)).toEqual(words);
});

it('the new syntax reads every list of quoted words back', () => {
  const quote = (word: string) => `'${word.replaceAll("'", "''")}'`;
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(newSyntaxWords(words.map(quote).join(' '))).toEqual(words);
    }),
  );
});

it('the old syntax does not group words by quotes', () => {
  expect(oldSyntaxWords(" 'a b'  c ")).toEqual(["'a", "b'", 'c']);
});
