import { expect, test } from 'vitest';
import { excerpt } from './error.ts';

test('an excerpt shows the line with a caret under the column', () => {
  expect(excerpt({ column: 5, text: '1 + * 2' })).toEqual(['    1 + * 2', '        ^']);
  expect(excerpt({ column: 3, text: '\t\tx' })).toEqual(['      x', '      ^']);
});

test('an excerpt shows a part of a long line', () => {
  const [line = '', caret = ''] = excerpt({ column: 501, text: `${'a'.repeat(500)}!${'b'.repeat(500)}` });
  expect(line.length).toBeLessThan(120);
  expect(line.charAt(caret.indexOf('^'))).toBe('!');
  expect(line).toMatch(/^ {4}….*…$/);
});

test('an excerpt of an error past the end of the line points there, and without a line it is empty', () => {
  expect(excerpt({ column: 9, text: 'ab' })).toEqual(['    ab', '      ^']);
  expect(excerpt({ column: 1 })).toEqual([]);
  expect(excerpt(undefined)).toEqual([]);
});
