import { arithmetic } from '../operators/arithmetic.ts';
import { type Comparison, compare, different, identical } from '../operators/comparison.ts';
import { byteLength } from '../text-bytes.ts';
import {
  asNumber,
  ErrorValue,
  errorValue,
  isClassAd,
  isTrue,
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

/** `member` and `identicalMember`: items that do not compare are no members. */
function membership(test: Test, undefinedIs: 'undefined' | 'a value'): FunctionDefinition {
  return pure(2, 2, ([wanted, list]) => {
    if (wanted instanceof ErrorValue || list instanceof ErrorValue)
      return wanted instanceof ErrorValue ? wanted : list;
    if (list === undefined || (wanted === undefined && undefinedIs === 'undefined')) return undefined;
    if (!(list instanceof ListValue)) return errorValue(`${typeOf(list)} is no list`);
    if (wanted instanceof ListValue || isClassAd(wanted)) return errorValue('lists and ads are no members');
    return list.values().some((item) => test(item, wanted) === true);
  });
}

/** `anyCompare(op, list, x)` and `allCompare`. */
function comparing(ofAll: boolean): FunctionDefinition {
  return pure(3, 3, ([operator, list, wanted]) => {
    const test = typeof operator === 'string' ? comparisons.get(operator) : undefined;
    if (test === undefined) return errorValue('the first argument names no comparison');
    if (list === undefined || list instanceof ErrorValue) return list;
    if (!(list instanceof ListValue)) return errorValue(`${typeOf(list)} is no list`);
    const holds = (item: Value): boolean => isTrue(test(item, wanted));
    return ofAll ? list.values().every(holds) : list.values().some(holds);
  });
}

/** A function of the numbers of a list; undefined items do not count. */
function overNumbers(run: (numbers: readonly Value[]) => Value): FunctionDefinition {
  return pure(1, 1, ([list]) => {
    if (list === undefined || list instanceof ErrorValue) return list;
    if (!(list instanceof ListValue)) return errorValue(`${typeOf(list)} is no list`);
    const items = list.values().filter((item) => item !== undefined);
    const odd = items.find((item) => asNumber(item) === undefined);
    return odd === undefined ? run(items) : errorValue(`the list holds a ${typeOf(odd)}`);
  });
}

function total(items: readonly Value[]): Value {
  return items.reduce<Value>((sum, item) => arithmetic('+', sum, item), 0);
}

function average(items: readonly Value[]): Value {
  if (items.length === 0) return 0;
  return new Real(items.reduce<number>((sum, item) => sum + (asNumber(item) ?? 0), 0) / items.length);
}

/** The least or largest item; one real among the numbers makes the answer a real. */
function extreme(operator: '<' | '>'): (items: readonly Value[]) => Value {
  return (items) => {
    const best = items.reduce<Value>(
      (found, item) => (found === undefined || compare(operator, item, found) === true ? item : found),
      undefined,
    );
    const number = asNumber(best);
    const real = items.some((item) => item instanceof Real);
    return real && number !== undefined ? new Real(number) : best;
  };
}

export const lists: FunctionFamily = {
  member: membership((item, wanted) => compare('==', item, wanted), 'undefined'),
  identicalMember: membership(identical, 'a value'),
  anyCompare: comparing(false),
  allCompare: comparing(true),
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
