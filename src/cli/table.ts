import Table from 'cli-table3';
import picocolors from 'picocolors';

const none = '';

/** Rows under a head line, aligned, without lines: as condor_q and kubectl print them. */
export function table(
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  colour: boolean,
): string {
  const { bold } = picocolors.createColors(colour);
  const grid = new Table({
    head: head.map((cell) => bold(cell)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      top: none,
      'top-mid': none,
      'top-left': none,
      'top-right': none,
      bottom: none,
      'bottom-mid': none,
      'bottom-left': none,
      'bottom-right': none,
      left: none,
      'left-mid': none,
      mid: none,
      'mid-mid': none,
      right: none,
      'right-mid': none,
      middle: none,
    },
  });
  for (const row of rows) grid.push([...row]);
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
