import { posix } from 'node:path';
import { submitFault } from '../language/fault.ts';
import { sliced } from '../language/item-slice.ts';
import { type LogicalLine, placeAt } from '../language/lines.ts';
import { valueFor, withDollars } from '../language/macro-expansion.ts';
import type { MacroTable } from '../language/macro-table.ts';
import type { ItemSource, QueueStatement } from '../language/queue-statement.ts';

/** One item of a `queue` statement: its whole text, and its values in the order of the statement's names. */
export interface Item {
  readonly text: string;
  readonly values: readonly string[];
  /** Whether it has fewer values than there are names. */
  readonly short: boolean;
  /** Its index among all items, from 0, including those that a slice leaves out. */
  readonly index: number;
}

/** How the items of a statement are read. */
export interface ItemFiles {
  readFile(path: string): string | undefined;
  /** The names that match a pattern, relative if the pattern is; directories end with a slash. */
  listFiles?(pattern: string): readonly string[];
}

const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');

/**
 * The items of a `queue` statement; undefined for a statement without items.
 * @throws GlideinError InvalidSubmitFile when the file of items is missing or contains no item
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
  // An empty list in the submit file is deliberate; an empty file of items probably is not.
  if (texts.length === 0 && mode === 'from') {
    throw submitFault(placeAt(line, 0), 'there are no items to queue', 'give at least one');
  }
  return texts.map((text, index) => {
    const values = mode === 'in' ? [text] : splitRow(text, variables.length);
    return { text, values, short: values.length < variables.length, index };
  });
}

/** The names of matching files, each once, in the order of the patterns. */
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

/** Splits at commas or blanks; the last value takes the rest, including commas and blanks. */
export function splitRow(text: string, count: number): string[] {
  // For values with blanks and commas HTCondor also has the unit separator; it cannot occur here.
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
