import { expect, test } from 'vitest';
import { printedAsSaid, stepsOf } from './transcript.ts';

const block = { file: 'a.md', line: 1, comment: undefined };

test('a script is one step, and nothing is said about what it prints', () => {
  const text = 'a\nb\n';
  expect(stepsOf({ ...block, language: 'sh', text })).toEqual([{ command: text, prints: undefined }]);
});

test('a transcript has its commands, also those of several lines, and what each prints', () => {
  const text = '$ a \\\n>   b\none\n> two\n$ c\n';
  expect(stepsOf({ ...block, language: 'console', text })).toEqual([
    { command: 'a \\\n  b', prints: 'one\n> two\n' },
    { command: 'c', prints: '' },
  ]);
});

test('a transcript that begins with something else than a command is refused', () => {
  expect(() => stepsOf({ ...block, language: 'console', text: 'a\n' })).toThrow(/begins with "\$ "/);
});

test.each([
  ['ID   STATE\n1.0  Idle\n', 'ID STATE\n1.0   Idle\n', true],
  ['ID STATE\n1.0 Idle\n', 'ID STATE\n', false],
  ['ID STATE\n1.0 Idle for 3 s\n', 'ID STATE\n1.0 Idle for … s\n', true],
  ['a\nb\nc\n', '…\nc\n', true],
  ['c\n', '…\nc\n', true],
  ['a\nb\n', '…\nc\n', false],
  ['a\n', '', false],
  ['', '', true],
  ['a+b\n', 'a.b\n', false],
])('of %j a document may say %j: %s', (printed, said, right) => {
  expect(printedAsSaid(printed, said)).toBe(right);
});
