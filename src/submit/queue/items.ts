import { posix } from 'node:path';
import { withDollars } from '../language/dollars.ts';
import { submitFault } from '../language/fault.ts';
import { sliced } from '../language/item-slice.ts';
import { type LogicalLine, placeAt } from '../language/lines.ts';
import { valueFor } from '../language/macro-expansion.ts';
import type { MacroTable } from '../language/macro-table.ts';
import type { ItemSource, QueueStatement } from '../language/queue-statement.ts';

/** One item of a `queue` statement: its whole text, and its values in the order of the statement's names. */
export interface Item {
  readonly text: string;
  readonly values: readonly string[];
  /** Whether it had fewer values than there are names. */
  readonly short: boolean;
  /** Its place among all items, from 0: a slice leaves some out. */
  readonly index: number;
}

/** How the items of a statement are found in the world. */
export interface ItemFiles {
  readFile(path: string): string | undefined;
  /** The names that fit a pattern, relative as the pattern is, directories with a slash at their end. */
  listFiles?(pattern: string): readonly string[];
}

const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');

/**
 * The items of a `queue` statement; undefined for one that names none.
 * @throws GlideinError InvalidSubmitFile when the file of items is missing or there is no item.
 */
export function itemsOf(statement: QueueStatement, macros: MacroTable, files: ItemFiles): Item[] | undefined {
  const { source, mode, slice } = statement;
  if (source === undefined) return undefined;
  const rows = rowsOf(source, macros, (path) => files.readFile(path));
  const texts = mode === 'from' ? rows : rows.flatMap(words);
  const all = mode === 'matching' ? matching(statement, texts, files) : written(statement, texts);
  return slice === undefined ? all : sliced(all, slice);
}

function written({ line, mode, variables }: QueueStatement, texts: readonly string[]): Item[] {
  // An empty list in the file itself was meant; an empty file of items more likely was not.
  if (texts.length === 0 && mode === 'from') {
    throw submitFault(placeAt(line, 0), 'there are no items to queue', 'give at least one');
  }
  return texts.map((text, index) => {
    const values = mode === 'in' ? [text] : splitRow(text, variables.length);
    return { text, values, short: values.length < variables.length, index };
  });
}

/** Names of files, in the order of the patterns and each once; none, where none fits. */
function matching({ kinds }: QueueStatement, patterns: readonly string[], files: ItemFiles): Item[] {
  const names = new Set(patterns.flatMap((pattern) => [...(files.listFiles?.(pattern) ?? [])].sort()));
  const wanted = [...names].filter((name) => kinds === 'any' || name.endsWith('/') === (kinds === 'dirs'));
  return wanted.map((text, index) => ({ text, values: [text], short: false, index }));
}

function rowsOf(
  source: ItemSource,
  macros: MacroTable,
  readFile: (path: string) => string | undefined,
): string[] {
  if (source.kind === 'lines') return source.rows.map((row) => row.text);
  const text = withDollars(valueFor(macros.expand(source.template), [])).trim();
  if (source.kind === 'inline') return text === '' ? [] : [text];
  return fileRows(text, source, macros.world.directory, readFile);
}

function fileRows(
  name: string,
  at: { readonly line: LogicalLine; readonly offset: number },
  directory: string,
  readFile: (path: string) => string | undefined,
): string[] {
  const path = posix.resolve(directory, name.replace(/^"(.*)"$/, '$1'));
  const text = readFile(path);
  if (text === undefined) {
    const cure = /[\s,]/.test(name)
      ? 'write a list of items as (a b c)'
      : 'write the name of a file that exists';
    throw submitFault(placeAt(at.line, at.offset), `cannot read the file of items ${path}`, cure);
  }
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Values are separated by a comma, or by blanks; the last one takes the rest, commas and blanks included. */
export function splitRow(text: string, count: number): string[] {
  // HTCondor's own exact separator, for values that hold blanks and commas, is the unit separator; text has none.
  const values: string[] = [];
  const separator = /[\s,]/g;
  let from = 0;
  while (values.length < count - 1) {
    separator.lastIndex = from;
    const found = separator.exec(text);
    if (found === null) break;
    values.push(text.slice(from, found.index));
    from = found.index;
    while (/\s/.test(text.charAt(from))) from += 1;
    if (text.charAt(from) === ',') from += 1;
    while (/\s/.test(text.charAt(from))) from += 1;
  }
  values.push(text.slice(from));
  return values;
}
