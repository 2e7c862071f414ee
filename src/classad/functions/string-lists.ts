import { asciiLower } from '../names.ts';
import { ErrorValue, errorValue, integerOf, isError, Real, typeOf, type Value } from '../value.ts';
import { withStrings } from './arguments.ts';
import { realOfText } from './conversion.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';
import { costOfMatching, searchIn } from './regex.ts';

const defaultSeparators = ', ';
/** What separates the items that membership is asked of, when nothing is said. */
const memberSeparators = ', \t\r\n';

/** The pieces between separators, with the blanks at their ends. */
function piecesOf(text: string, separators: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const character of text) {
    if (separators.includes(character)) {
      pieces.push(piece);
      piece = '';
    } else piece += character;
  }
  return [...pieces, piece];
}

/** The items of a list written as one string: trimmed, empty ones left out. */
export function itemsOf(text: string, separators: string = defaultSeparators): string[] {
  return piecesOf(text, separators)
    .map((piece) => piece.trim())
    .filter((item) => item !== '');
}

/** A function of the list alone: undefined is an error here. */
function ofList(run: (items: readonly string[]) => Value): FunctionDefinition {
  return pure(1, 2, (values) => {
    if (values.includes(undefined)) return errorValue('expected a string, not undefined');
    return withStrings(values, ([text = '', separators]) => run(itemsOf(text, separators)));
  });
}

/** Numbers that C's scanf does not accept although strtod would: `1e`, `0x`, `infinit`. */
const cutShort =
  /^[+-]?(?:0x(?![0-9a-f.])|0x[0-9a-f.]+p(?:[+-](?![0-9])|(?![-+0-9]))|[0-9]*\.?[0-9]*e(?:[+-](?![0-9])|(?![-+0-9]))|inf(?=i)(?!inity))/i;

/** A function of the numbers that the items begin with; integers while all of them are. */
function ofNumbers(run: (numbers: readonly number[]) => number | undefined): FunctionDefinition {
  return ofList((items) => {
    const numbers = items.map((item) => (cutShort.test(item) ? undefined : realOfText(item)));
    const odd = numbers.indexOf(undefined);
    if (odd >= 0) return errorValue(`"${items[odd]}" is not a number`);
    const result = run(numbers.filter((number) => number !== undefined));
    if (result === undefined) return undefined;
    const whole = items.length > 0 && items.every((item) => /^[-+0-9]+$/.test(item));
    return whole ? integerOf(result) : new Real(result);
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** What C's `float` can hold: the original starts the search for the largest and the least item from these. */
const leastFloat = 1.1754943508222875e-38;
const mostFloat = 3.4028234663852886e38;

function extreme(
  pick: (a: number, b: number) => number,
  start: number,
): (numbers: readonly number[]) => number | undefined {
  return (numbers) => (numbers.length === 0 ? undefined : numbers.reduce((a, b) => pick(a, b), start));
}

type Test = (items: ReadonlySet<string>, wanted: readonly string[]) => boolean;

/**
 * A test of two strings. Undefined counts as the empty string here (the original says false for a member, true
 * for a subset); another type is an error.
 */
function testing(
  normalise: (text: string) => string,
  wantedOf: (text: string, separators: string) => readonly string[],
  test: Test,
): FunctionDefinition {
  return pure(2, 3, ([wanted, list, separators = memberSeparators]) => {
    const error = [wanted, list].find(isError);
    if (error !== undefined) return error;
    if (typeof separators !== 'string') return errorValue('the separators are not a string');
    if (wanted === undefined && list === undefined) return undefined;
    return withStrings([wanted ?? '', list ?? ''], ([text = '', items = '']) =>
      test(new Set(itemsOf(items, separators).map(normalise)), wantedOf(text, separators).map(normalise)),
    );
  });
}

const same = (text: string): string => text;
const whole = (text: string): readonly string[] => [text];
const all: Test = (items, wanted) => wanted.every((item) => items.has(item));

/** Text without any item is one empty item, which is in no list; only the empty text has none. */
function subsetItems(text: string, separators: string): readonly string[] {
  const items = itemsOf(text, separators);
  return items.length === 0 && text !== '' ? [''] : items;
}

/** Unlike in the other functions blanks belong to the items here. */
function intersect(left: string, right: string, separators: string): boolean {
  const items = new Set(piecesOf(left, separators).filter((item) => item !== ''));
  return piecesOf(right, separators).some((item) => item !== '' && items.has(item));
}

function regexpMember(values: readonly Value[]): Value {
  const odd = values.find((value) => typeof value !== 'string');
  if (odd instanceof ErrorValue) return odd;
  if (values.some((value) => typeof value !== 'string')) {
    return errorValue(`expected a string, not ${typeOf(odd)}`);
  }
  return withStrings(values, ([source = '', text = '', separators, options = '']) => {
    const flags = options.toLowerCase();
    const refused = searchIn(source, '', flags);
    if (refused instanceof ErrorValue) return refused;
    const items = itemsOf(text, separators);
    return items.length === 0 ? undefined : items.some((item) => searchIn(source, item, flags) === true);
  });
}

export const stringLists: FunctionFamily = {
  stringListSize: ofList((items) => items.length),
  stringListSum: ofNumbers(sum),
  stringListAvg: ofNumbers((numbers) => (numbers.length === 0 ? 0 : sum(numbers) / numbers.length)),
  stringListMin: ofNumbers(extreme(Math.min, mostFloat)),
  stringListMax: ofNumbers(extreme(Math.max, leastFloat)),
  stringListMember: testing(same, whole, all),
  stringListIMember: testing(asciiLower, whole, all),
  stringListSubsetMatch: testing(same, subsetItems, all),
  stringListISubsetMatch: testing(asciiLower, subsetItems, all),
  stringListsIntersect: pure(2, 3, (values) =>
    withStrings(values, ([left = '', right = '', separators]) =>
      intersect(left, right, separators || defaultSeparators),
    ),
  ),
  stringList_regexpMember: pure(2, 4, regexpMember, costOfMatching),
};
