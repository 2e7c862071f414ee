import picocolors from 'picocolors';
import { truncate } from '#base/truncate.ts';
import { oneLine } from './terminal.ts';

const gap = '  ';

/** The most characters of a sentence in a table; -o wide shows all of it. */
export const widestText = 200;

/** How a table is printed. */
interface Look {
  readonly colour: boolean;
  /** The most characters of a cell, by the name of its column; longer ones end with an ellipsis. */
  readonly widest?: Readonly<Record<string, number>>;
}

/** Aligned rows under a head, without ruling lines, as condor_q and kubectl print them. */
export const table = (
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  colour: boolean,
  widest: Look['widest'] = {},
): string => new GrowingTable(head, { colour, widest }).add(rows);

/** A table whose rows come in parts: columns grow when a later part needs it, and never shrink. */
export class GrowingTable {
  readonly #head: readonly string[];
  readonly #look: Look;
  readonly #widths: number[];
  #hasHead = false;

  constructor(head: readonly string[], look: Look) {
    this.#head = head;
    this.#look = look;
    this.#widths = head.map(width);
  }

  /** @returns the lines of these rows, under the head when they are the first */
  add(rows: ReadonlyArray<readonly string[]>): string {
    const cells = rows.map((row) => row.map((cell, column) => this.#cell(cell, column)));
    for (const row of cells) {
      for (const [column, cell] of row.entries())
        this.#widths[column] = Math.max(this.#widths[column] ?? 0, width(cell));
    }
    const { bold } = picocolors.createColors(this.#look.colour);
    const head = this.#hasHead ? [] : [bold(this.#line(this.#head))];
    this.#hasHead = true;
    return [...head, ...cells.map((row) => this.#line(row))].join('\n');
  }

  #cell(text: string, column: number): string {
    const most = this.#look.widest?.[this.#head[column] ?? ''];
    return most === undefined ? oneLine(text) : truncate(oneLine(text), most);
  }

  #line(row: readonly string[]): string {
    return row
      .map((cell, column) => cell.padEnd((this.#widths[column] ?? 0) + cell.length - width(cell)))
      .join(gap)
      .trimEnd();
  }
}

const characters = new Intl.Segmenter();

/** Counted in graphemes; almost all cells are plain ASCII. */
const width = (cell = ''): number =>
  /^[ -~]*$/.test(cell) ? cell.length : [...characters.segment(cell)].length;
