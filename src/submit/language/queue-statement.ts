import { submitFault, unsupported } from './fault.ts';
import { readSlice, type Slice } from './item-slice.ts';
import { type LogicalLine, placeAt } from './lines.ts';
import { parseTemplate, type Template } from './macro-template.ts';

/** A list of items as written: on the rest of the line, or on the following lines up to `)`. */
export type ItemSource =
  | {
      readonly kind: 'inline';
      readonly template: Template;
      readonly line: LogicalLine;
      readonly offset: number;
    }
  | { readonly kind: 'lines'; readonly rows: readonly LogicalLine[] }
  | {
      readonly kind: 'file';
      readonly template: Template;
      readonly line: LogicalLine;
      readonly offset: number;
    };

/** A `queue` statement, read but not yet carried out. */
export interface QueueStatement {
  readonly line: LogicalLine;
  readonly count: Template;
  /** The variables that take the values of an item; `Item` if none is written. */
  readonly variables: readonly string[];
  /** `in`: each word is an item. `from`: each line is one. `matching`: each word is a pattern of names of files. */
  readonly mode: 'none' | 'in' | 'from' | 'matching';
  /** What kind of names `matching` selects. */
  readonly kinds?: 'files' | 'dirs' | 'any';
  readonly slice?: Slice;
  readonly source: ItemSource | undefined;
}

const keyword = /(?<=\s)(in|from|matching)(?=[\s([]|$)/i;

/** Whether a logical line is a `queue` statement. As in HTCondor, `queue = x` is one, with an invalid count. */
export const isQueue = (text: string): boolean => /^queue(?=\s|=|$)/i.test(text);

/**
 * Reads the `queue` statement at `lines[index]` and the lines of its list.
 * @returns the statement and the index of the line after it
 * @throws GlideinError InvalidSubmitFile when the list does not end or a variable is named twice; Unsupported for items
 *   from a command
 */
export function readQueue(
  lines: readonly LogicalLine[],
  index: number,
): { statement: QueueStatement; next: number } {
  const line = lines[index];
  if (line === undefined) throw new RangeError(`no line ${index}`);
  const found = keyword.exec(line.text);
  if (found === null) {
    const count = parseTemplate(line, 'queue'.length);
    return { statement: { line, count, variables: [], mode: 'none', source: undefined }, next: index + 1 };
  }
  const mode = (found[1] ?? 'in').toLowerCase() as Mode;
  const { countEnd, variables } = readVariables(line, found.index);
  const options = readOptions(line, found.index + found[0].length, mode);
  const { source, next } = readSource(lines, index, options.end, mode);
  const count = parseTemplate(line, 'queue'.length, countEnd);
  const { kinds, slice } = options;
  return {
    statement: { line, count, variables, mode, source, kinds, ...(slice !== undefined && { slice }) },
    next,
  };
}

type Mode = 'in' | 'from' | 'matching';

/** What may stand between the keyword and the items: `files`, `dirs` or `any`, and a slice. */
function readOptions(
  line: LogicalLine,
  after: number,
  mode: Mode,
): { kinds: 'files' | 'dirs' | 'any'; slice: Slice | undefined; end: number } {
  const word = mode === 'matching' ? /^\s*(files|dirs|any)(?=[\s([])/i.exec(line.text.slice(after)) : null;
  const kinds = (word?.[1]?.toLowerCase() ?? 'any') as 'files' | 'dirs' | 'any';
  const start = skipBlanks(line, after + (word?.[0].length ?? 0));
  if (line.text.charAt(start) !== '[') return { kinds, slice: undefined, end: start };
  const found = readSlice(line.text.slice(start));
  if (found === undefined) {
    throw submitFault(
      placeAt(line, start),
      'this is not a slice of the items',
      'write [start:end:step], such as [1:10]',
    );
  }
  return { kinds, slice: found.slice, end: start + found.length };
}

function skipBlanks(line: LogicalLine, from: number): number {
  return line.text.length - line.text.slice(from).trimStart().length;
}

/** The variables just before the keyword; everything before them is the count. */
function readVariables(line: LogicalLine, end: number): { countEnd: number; variables: string[] } {
  const words = [...line.text.slice('queue'.length, end).matchAll(/[^\s,]+/g)];
  const names = words.slice(words.findLastIndex(([word]) => !/^[A-Za-z_]\w*$/.test(word)) + 1);
  const seen = new Set<string>();
  for (const { 0: name, index } of names) {
    if (seen.has(name.toLowerCase())) {
      const place = placeAt(line, 'queue'.length + index);
      throw submitFault(place, `"${name}" is named twice`, 'give each value its own name');
    }
    seen.add(name.toLowerCase());
  }
  const first = names[0];
  const countEnd = first === undefined ? end : 'queue'.length + first.index;
  return { countEnd, variables: first === undefined ? ['Item'] : names.map(([name]) => name) };
}

function readSource(
  lines: readonly LogicalLine[],
  index: number,
  after: number,
  mode: Mode,
): { source: ItemSource; next: number } {
  const line = lines[index] as LogicalLine;
  const start = skipBlanks(line, after);
  const first = line.text.charAt(start);
  if (first === '(') return readList(lines, index, start, mode);
  if (first === '') {
    throw submitFault(
      placeAt(line, line.text.length),
      `nothing follows "${mode}"`,
      'write the items as (a b c)',
    );
  }
  const template = parseTemplate(line, start);
  if (mode !== 'from') return { source: { kind: 'inline', template, line, offset: start }, next: index + 1 };
  refuseCommand(line, start);
  return { source: { kind: 'file', template, line, offset: start }, next: index + 1 };
}

function refuseCommand(line: LogicalLine, start: number): void {
  if (!line.text.endsWith('|') && line.text.slice(start) !== '-') return;
  throw unsupported(
    placeAt(line, start),
    'items from a command or from standard input are not supported',
    'write them to a file first and use: queue NAME from FILE',
  );
}

/** A list that opens at `open`: on one line, or on several lines up to one that begins with `)`. */
function readList(
  lines: readonly LogicalLine[],
  index: number,
  open: number,
  mode: Mode,
): { source: ItemSource; next: number } {
  const line = lines[index] as LogicalLine;
  if (line.text.endsWith(')')) {
    const template = parseTemplate(line, open + 1, line.text.length - 1);
    return { source: { kind: 'inline', template, line, offset: open + 1 }, next: index + 1 };
  }
  const rows: LogicalLine[] = [];
  const first = line.text.slice(open + 1).trim();
  if (first !== '') rows.push(tail(line, open + 1, line.text.length));
  for (let at = index + 1; at < lines.length; at += 1) {
    const row = lines[at] as LogicalLine;
    if (row.text.startsWith(')')) return { source: { kind: 'lines', rows }, next: at + 1 };
    if (mode !== 'from' && row.text.endsWith(')')) {
      rows.push(tail(row, 0, row.text.length - 1));
      return { source: { kind: 'lines', rows }, next: at + 1 };
    }
    rows.push(row);
  }
  throw submitFault(
    placeAt(line, open),
    'the list of items does not end',
    'close it with ")" on a line of its own',
  );
}

/** A part of a logical line as a line of its own. */
function tail(line: LogicalLine, start: number, end: number): LogicalLine {
  const raw = line.text.slice(start, end);
  const offset = start + raw.length - raw.trimStart().length;
  const pieces = line.pieces
    .filter((_, index) => (line.pieces[index + 1]?.offset ?? Number.POSITIVE_INFINITY) > offset)
    .map((piece) => {
      const shift = Math.max(0, offset - piece.offset);
      return { line: piece.line, column: piece.column + shift, offset: Math.max(0, piece.offset - offset) };
    });
  return { file: line.file, text: raw.trim(), pieces };
}
