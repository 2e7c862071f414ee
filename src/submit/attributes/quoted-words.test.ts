import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fits } from './environment.ts';
import { GivenValue } from './given-value.ts';
import { newSyntaxWords, quoteWord } from './quoted-words.ts';

const line = { file: 'f', text: '', pieces: [{ offset: 0, line: 1, column: 1 }] };
const given = (text: string) =>
  new GivenValue('arguments', [{ content: text, line, offset: 0, direct: true }], []);

test.each([
  ['"a b"', ['a', 'b']],
  ["\"  one 'two words' '' \"", ['one', 'two words', '']],
  ["\"it''s 'it''s' a'b c'd\"", ['its', "it's", 'ab cd']],
  ['"say ""hi"" \'""\'"', ['say', '"hi"', '"']],
  ['""', []],
])('the quoted words %s are read as %j', (text, words) => {
  expect(newSyntaxWords(given(text))).toEqual(words);
});

test.each([
  ['"a', 'not closed', 1],
  ['"', 'not closed', 1],
  ['"a " b"', 'in the middle', 4],
  ['"a \'b"', 'single quote is not closed', 4],
])('the quoted words %s are refused with the place of the error', (text, message, column) => {
  expect(() => newSyntaxWords(given(text))).toThrow(message);
  try {
    newSyntaxWords(given(text));
  } catch (error) {
    expect(error).toMatchObject({ place: { line: 1, column } });
  }
});

test('quoted words read back as the same words', () => {
  const word = fc.string().map((text) => text.replaceAll('\u0000', ''));
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const text = words.map(quoteWord).join(' ').replaceAll('"', '""');
      expect(newSyntaxWords(given(`"${text}"`))).toEqual(words);
    }),
  );
});

test('getenv passes on the variables that its patterns match', () => {
  expect(fits('PATH', 'PATH')).toBe(true);
  expect(fits('PATHS', 'PATH')).toBe(false);
  expect(fits('ROOT_DIR', 'ROOT*')).toBe(true);
  expect(fits('ROOT_DIR', '*O*_*R')).toBe(true);
  expect(fits('aa', 'a*a*a')).toBe(false);
  expect(fits('x', '*')).toBe(true);
});
