import { arithmetic } from '../operators/arithmetic.ts';
import { type Comparison, compare, different, identical } from '../operators/comparison.ts';
import { byteLength } from '../text-bytes.ts';
import {
  asNumber,
  ErrorValue,
  errorValue,
  isClassAd,
  ListValue,
  Real,
  typeOf,
  type Value,
} from '../value.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';

type Test = (left: Value, right: Value) => Value;

const comparisons: ReadonlyMap<string, Test> = new Map<string, Test>([
  ...(['==', '!=', '<', '<=', '>', '>='] satisfies Comparison[]).map((operator): [string, Test] => [
    operator,
    (left, right) => compare(operator, left, right),
  ]),
  ['is', identical],
  ['isnt', different],
]);

/** `member`: items that do not compare are no members. */
function member([wanted, list]: readonly Value[]): Value {
  if (wanted === undefined || list === undefined) return undefined;
  return wanted instanceof ErrorValue
    ? wanted
    : amongItems(list, wanted, (item) => compare('==', item, wanted));
}

/** `identicalMember`: undefined and error are values that a list may hold. */
function identicalMember([wanted, list]: readonly Value[]): Value {
  return list === undefined ? undefined : amongItems(list, wanted, (item) => identical(item, wanted));
}

function amongItems(list: Value, wanted: Value, test: (item: Value) => Value): Value {
  if (list instanceof ErrorValue) return list;
  if (!(list instanceof ListValue)) return errorValue(`${typeOf(list)} is not a list`);
  if (wanted instanceof ListValue || isClassAd(wanted)) return errorValue('lists and ads cannot be members');
  return list.values().some((item) => test(item) === true);
}

/**
 * `anyCompare(op, list, x)` and `allCompare`: from the first item on, until one decides. An item that does not
 * compare decides too: an error is the answer, undefined is no.
 */
function comparing(decisive: boolean): FunctionDefinition {
  return pure(3, 3, ([operator, list, wanted]) => {
    if (operator === undefined || operator instanceof ErrorValue) return operator;
    const test = typeof operator === 'string' ? comparisons.get(operator) : undefined;
    if (test === undefined) return errorValue('the first argument is not a comparison operator');
    if (list === undefined || list instanceof ErrorValue) return list;
    if (!(list instanceof ListValue)) return errorValue(`${typeOf(list)} is not a list`);
    return decided(list.values(), (item) => test(item, wanted), decisive);
  });
}

function decided(items: readonly Value[], test: (item: Value) => Value, decisive: boolean): Value {
  for (const item of items) {
    const answer = test(item);
    if (answer instanceof ErrorValue) return answer;
    if (answer === undefined) return false;
    if (answer === decisive) return decisive;
  }
  return !decisive;
}

/** A function of the numbers of a list; undefined items do not count. */
function overNumbers(run: (numbers: readonly Value[]) => Value): FunctionDefinition {
  return pure(1, 1, ([list]) => {
    if (list === undefined || list instanceof ErrorValue) return list;
    if (!(list instanceof ListValue)) return errorValue(`${typeOf(list)} is not a list`);
    const items = list.values().filter((item) => item !== undefined);
    const odd = items.find((item) => asNumber(item) === undefined);
    return odd === undefined ? run(items) : errorValue(`the list holds a ${typeOf(odd)}`);
  });
}

function total(items: readonly Value[]): Value {
  const [first, ...rest] = items;
  return first === undefined ? 0 : rest.reduce((sum, item) => arithmetic('+', sum, item), first);
}

function average(items: readonly Value[]): Value {
  if (items.length === 0) return 0;
  return arithmetic('/', total(items), new Real(items.length));
}

/** The least or largest item. Of several the answer is a number: a real when there is one among them. */
function extreme(operator: '<' | '>'): (items: readonly Value[]) => Value {
  return (items) => {
    const [first, ...rest] = items;
    if (first === undefined || rest.length === 0) return first;
    const best = rest.reduce(
      (found, item) => (compare(operator, item, found) === true ? item : found),
      first,
    );
    if (typeof best === 'boolean' || items.some((item) => item instanceof Real)) {
      const number = asNumber(best) ?? 0;
      return items.some((item) => item instanceof Real) ? new Real(number) : number;
    }
    return best;
  };
}

export const lists: FunctionFamily = {
  member: pure(2, 2, member),
  identicalMember: pure(2, 2, identicalMember),
  anyCompare: comparing(true),
  allCompare: comparing(false),
  size: pure(1, 1, ([value]) => {
    if (value === undefined || value instanceof ErrorValue) return value;
    if (typeof value === 'string') return byteLength(value);
    if (value instanceof ListValue) return value.length;
    return isClassAd(value) ? value.size : errorValue(`${typeOf(value)} has no size`);
  }),
  sum: overNumbers(total),
  avg: overNumbers(average),
  min: overNumbers(extreme('<')),
  max: overNumbers(extreme('>')),
};
