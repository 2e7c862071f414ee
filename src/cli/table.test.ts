import { expect, it } from 'vitest';
import { oneLine } from './one-line.ts';
import { GrowingTable, table } from './table.ts';

it('aligns columns, and ends no line with blanks', () => {
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

it('is its head alone when there is nothing', () => {
  expect(table(['ID', 'CMD'], [], false)).toBe('ID  CMD');
});

it('bounds a column that others fill, and keeps the rest of the row', () => {
  expect(table(['ID', 'WHY'], [['1.0', 'x'.repeat(50)]], false, { WHY: 10 })).toBe(
    `ID   WHY\n1.0  ${'x'.repeat(9)}…`,
  );
});

it('a table that comes in parts keeps its columns, and has one head', () => {
  const growing = new GrowingTable(['ID', 'CMD'], { colour: false });
  expect(growing.add([['1.0', 'a']])).toBe('ID   CMD\n1.0  a');
  expect(growing.add([['10.22', 'b']])).toBe('10.22  b');
  expect(growing.add([['2.0', 'c']])).toBe('2.0    c');
});

it('is in colour only when asked', () => {
  expect(table(['ID'], [['1']], true)).toBe('\u001b[1mID\u001b[22m\n1');
});

it('keeps a row one line, whatever is in it', () => {
  expect(table(['A', 'B'], [['x\ny', '\u001b[2J']], false)).toBe('A    B\nx y  \ufffd[2J');
});

it.each([
  ['plain text, also ☃ and 漢字', 'plain text, also ☃ and 漢字'],
  ['two\r\nlines\tand more', 'two lines and more'],
  ['bell\u0007 escape\u001b]0;title\u0007', 'bell\ufffd escape\ufffd]0;title\ufffd'],
  ['turned \u202eround\u2069', 'turned \ufffdround\ufffd'],
  ['\u009b31m', '\ufffd31m'],
])('lets nothing through that moves a terminal: %j', (text, shown) => {
  expect(oneLine(text)).toBe(shown);
});
