import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeAt, readLines } from './lines.ts';

const texts = (text: string) => readLines(text, 'f').map((line) => line.text);

test('logical lines have no comments and blank lines, and join continuations, with either line ending', () => {
  expect(texts('\uFEFFa = 1\r\n\r\n  # no\n  b = \\\n    2 \\\n # in between\n  3\nc\\')).toEqual([
    'a = 1',
    'b = 2 3',
    'c',
  ]);
});

test('the place of a character in a logical line is its line and column in the file', () => {
  const [line] = readLines('\n  b = \\\n    2 \\\n\t3', 'f');
  expect(placeAt(line!, 0)).toMatchObject({ file: 'f', line: 2, column: 3 });
  expect(placeAt(line!, line!.text.indexOf('2'))).toMatchObject({ file: 'f', line: 3, column: 5 });
  expect(placeAt(line!, line!.text.indexOf('3'))).toMatchObject({ file: 'f', line: 4, column: 2 });
});

test('every character of a logical line is found at its place in the file', () => {
  const piece = fc.stringMatching(/^ {0,3}[a-z]{1,3} ?$/);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(piece, fc.constantFrom('\n', '\\\n', '\n# c\n')), { maxLength: 8 }),
      (parts) => {
        const text = parts.flat().join('');
        const file = text.split('\n');
        for (const line of readLines(text, 'f')) {
          for (let at = 0; at < line.text.length; at += 1) {
            const place = placeAt(line, at);
            expect(file[place.line! - 1]!.charAt(place.column! - 1)).toBe(line.text.charAt(at));
          }
        }
      },
    ),
  );
});

test('control characters in a submit file are refused with their place', () => {
  expect(() => readLines('a\nb\u0007', 'f')).toThrow('control character U+0007');
});
