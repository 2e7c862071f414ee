import type { Place } from '#base/error.ts';
import { tooLarge } from './fault.ts';
import { placeAt } from './lines.ts';
import type { Origin } from './macro-template.ts';

/** The values that change from proc to proc: those of {@link liveNames}, then those of the statement's own names. */
export type LiveRow = readonly string[];

/** The macros that change from proc to proc in every `queue` statement, and their index in a {@link LiveRow}. */
export const liveNames: ReadonlyMap<string, number> = new Map([
  ['process', 0],
  ['procid', 0],
  ['step', 1],
  ['row', 2],
  ['itemindex', 2],
  ['item', 3],
]);

/** Where the values of the statement's own names begin in a {@link LiveRow}. */
export const firstOwnValue = 4;

/** A piece of a value after its constant macros were expanded: text, or something that is computed for each proc. */
export interface Segment extends Origin {
  readonly content: string | ((row: LiveRow) => string);
  /** Whether the text is literally in the command's value; otherwise `offset` is that of the macro. */
  readonly direct: boolean;
  /** The content is this entry of the row, as it is. */
  readonly entry?: number;
}

/** A value after its constant macros were expanded: its value for a proc is a concatenation. */
export type Expansion = readonly Segment[];

/** The most characters of one value after its macros were expanded. */
export const mostValueCharacters = 2 ** 20;

/** Whether the value may differ from proc to proc. */
export function varies(expansion: Expansion): boolean {
  return expansion.some(({ content }) => typeof content !== 'string');
}

/** Whether the value may differ from proc to proc only by numbers that are inserted as they are. */
export function onlyInserts(expansion: Expansion): boolean {
  return expansion.every(({ content, entry }) => typeof content === 'string' || entry !== undefined);
}

const contentOf = (segment: Segment, row: LiveRow): string =>
  typeof segment.content === 'string' ? segment.content : segment.content(row);

/**
 * The value for one proc.
 * @throws GlideinError TooLarge above {@link mostValueCharacters}
 */
export function valueFor(expansion: Expansion, row: LiveRow): string {
  let value = '';
  for (const segment of expansion) {
    value += contentOf(segment, row);
    if (value.length > mostValueCharacters) {
      const message = `the value has more than ${mostValueCharacters} characters`;
      throw tooLarge(placeAt(segment.line, segment.offset), message, 'put it in a file');
    }
  }
  return value;
}

/** The place in the file of the character at `offset` of the value for one proc. */
export function placeInValue(expansion: Expansion, row: LiveRow, offset: number): Place {
  let start = 0;
  let place: Place = {};
  for (const segment of expansion) {
    const { length } = contentOf(segment, row);
    const within = Math.max(0, Math.min(offset - start, length));
    place = placeAt(segment.line, segment.offset + (segment.direct ? within : 0));
    start += length;
    if (offset < start) break;
  }
  return place;
}

/** Stands for `$(DOLLAR)` until everything else is expanded; no submit file contains this character. */
export const dollarMark = '\u0000';

/**
 * Replaces the marks by dollars. HTCondor replaces one after the other and takes `$$(` for a reference to the slot, so the
 * second of two adjacent ones stays as it was written.
 */
export function withDollars(text: string): string {
  if (!text.includes(dollarMark)) return text;
  return text.replaceAll(dollarMark + dollarMark, '$$$$(DOLLAR)').replaceAll(dollarMark, '$$');
}
