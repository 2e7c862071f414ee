import { asciiLower } from '../names.ts';
import { ErrorValue, errorValue, integerOf, isError, Real, typeOf, type Value } from '../value.ts';
import { withStrings } from './arguments.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';
import { searchIn } from './regex.ts';

const defaultSeparators = ', ';

/** The items of a list written as one string: trimmed, empty ones left out. */
export function itemsOf(text: string, separators: string = defaultSeparators): string[] {
  const items: string[] = [];
  let item = '';
  for (const character of text) {
    if (separators.includes(character)) {
      items.push(item.trim());
      item = '';
    } else item += character;
  }
  return [...items, item.trim()].filter((each) => each !== '');
}

/** A function of the list alone: undefined is an error here. */
function ofList(run: (items: readonly string[]) => Value): FunctionDefinition {
  return pure(1, 2, (values) => {
    if (values.includes(undefined)) return errorValue('expected a string, not undefined');
    return withStrings(values, ([text = '', separators]) => run(itemsOf(text, separators)));
  });
}

/** A function of the items as numbers; integers while all of them are. */
function ofNumbers(run: (numbers: readonly number[]) => number | undefined): FunctionDefinition {
  return ofList((items) => {
    const odd = items.find((item) => !/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(item));
    if (odd !== undefined) return errorValue(`"${odd}" is no number`);
    const result = run(items.map(Number));
    if (result === undefined) return undefined;
    const whole = items.length > 0 && items.every((item) => /^[+-]?[0-9]+$/.test(item));
    return whole ? integerOf(result) : new Real(result);
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function extreme(pick: (a: number, b: number) => number): (numbers: readonly number[]) => number | undefined {
  return (numbers) => (numbers.length === 0 ? undefined : numbers.reduce((a, b) => pick(a, b)));
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
  return pure(2, 3, ([wanted, list, separators = defaultSeparators]) => {
    const parts = [wanted ?? '', list ?? '', separators];
    const error = [wanted, list].find(isError);
    if (error !== undefined) return error;
    if (wanted === undefined && list === undefined) return undefined;
    return withStrings(parts, ([text = '', items = '', by = '']) =>
      test(new Set(itemsOf(normalise(items), by)), wantedOf(normalise(text), by)),
    );
  });
}

const same = (text: string): string => text;
const whole = (text: string): readonly string[] => [text];
const all: Test = (items, wanted) => wanted.every((item) => items.has(item));

function regexpMember([pattern, list, separators, options]: readonly Value[]): Value {
  const values = [pattern, list, separators ?? defaultSeparators, options ?? ''];
  const odd = values.find((value) => typeof value !== 'string');
  if (odd instanceof ErrorValue) return odd;
  if (values.some((value) => typeof value !== 'string'))
    return errorValue(`expected a string, not ${typeOf(odd)}`);
  return withStrings(values, ([source = '', text = '', by = '', flags = '']) => {
    const answers = itemsOf(text, by).map((item) => searchIn(source, item, flags));
    return answers.find(isError) ?? answers.includes(true);
  });
}

export const stringLists: FunctionFamily = {
  stringListSize: ofList((items) => items.length),
  stringListSum: ofNumbers(sum),
  stringListAvg: ofNumbers((numbers) => (numbers.length === 0 ? 0 : sum(numbers) / numbers.length)),
  stringListMin: ofNumbers(extreme(Math.min)),
  stringListMax: ofNumbers(extreme(Math.max)),
  stringListMember: testing(same, whole, all),
  stringListIMember: testing(asciiLower, whole, all),
  stringListSubsetMatch: testing(same, itemsOf, all),
  stringListISubsetMatch: testing(asciiLower, itemsOf, all),
  stringListsIntersect: pure(2, 3, (values) =>
    withStrings(values, ([left = '', right = '', separators]) => {
      const items = new Set(itemsOf(left, separators));
      return itemsOf(right, separators).some((item) => items.has(item));
    }),
  ),
  stringList_regexpMember: pure(2, 4, regexpMember),
};
