import picocolors from 'picocolors';
import { oneLine } from './one-line.ts';

const gap = '  ';

/** Rows under a head line, aligned, without lines: as condor_q and kubectl print them. */
export function table(
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  colour: boolean,
): string {
  const { bold } = picocolors.createColors(colour);
  const cells = rows.map((row) => row.map(oneLine));
  const widths = head.map((name, column) =>
    cells.reduce((most, row) => Math.max(most, width(row[column])), width(name)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + cell.length - width(cell)))
      .join(gap)
      .trimEnd();
  return [bold(line(head)), ...cells.map(line)].join('\n');
}

const characters = new Intl.Segmenter();

/** In what people take for characters; nearly all cells are plain. */
const width = (cell = ''): number =>
  /^[ -~]*$/.test(cell) ? cell.length : [...characters.segment(cell)].length;
