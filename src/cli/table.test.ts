import { expect, it } from 'vitest';
import { GrowingTable, table } from './table.ts';
import { oneLine } from './terminal.ts';

it('a table aligns its columns and has no trailing blanks', () => {
  expect(
    table(
      ['ID', 'CMD', ''],
      [
        ['1.0', 'sleep', ''],
        ['10.22', '☃', 'x'],
      ],
      false,
    ),
  ).toBe(['ID     CMD', '1.0    sleep', '10.22  ☃      x'].join('\n'));
});

it('a table without rows is only its head', () => {
  expect(table(['ID', 'CMD'], [], false)).toBe('ID  CMD');
});

it('a table truncates a long cell without losing the rest of its row', () => {
  expect(table(['ID', 'WHY'], [['1.0', 'x'.repeat(50)]], false, { WHY: 10 })).toBe(
    `ID   WHY\n1.0  ${'x'.repeat(9)}…`,
  );
});

it('a table that is printed in parts keeps its column widths and has one head', () => {
  const growing = new GrowingTable(['ID', 'CMD'], { colour: false });
  expect(growing.add([['1.0', 'a']])).toBe('ID   CMD\n1.0  a');
  expect(growing.add([['10.22', 'b']])).toBe('10.22  b');
  expect(growing.add([['2.0', 'c']])).toBe('2.0    c');
});

it('a table is coloured only on request', () => {
  expect(table(['ID'], [['1']], true)).toBe('\u001b[1mID\u001b[22m\n1');
});

it('a table prints each row on one line, whatever its cells contain', () => {
  expect(table(['A', 'B'], [['x\ny', '\u001b[2J']], false)).toBe('A    B\nx y  \ufffd[2J');
});

it.each([
  ['plain text, also ☃ and 漢字', 'plain text, also ☃ and 漢字'],
  ['two\r\nlines\tand more', 'two lines and more'],
  ['bell\u0007 escape\u001b]0;title\u0007', 'bell\ufffd escape\ufffd]0;title\ufffd'],
  ['turned \u202eround\u2069', 'turned \ufffdround\ufffd'],
  ['\u009b31m', '\ufffd31m'],
])('a table replaces characters that a terminal would act on: %j', (text, shown) => {
  expect(oneLine(text)).toBe(shown);
});
