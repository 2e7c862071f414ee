import { asciiLower } from '../names.ts';
import { AbsTime, asNumber, errorValue, ListValue, Real, RelTime, typeOf, type Value } from '../value.ts';
import { mismatch, strict } from './strict.ts';

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/**
 * `left operator right`: numbers and booleans by their number, strings without regard to (ASCII) case, times
 * with times of their kind; anything else is an error.
 */
export function compare(operator: Comparison, left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') return holds(operator, left, right);
  if (typeof left === 'string' && typeof right === 'string') {
    if (left === right) return holds(operator, 0, 0);
    return holds(operator, asciiLower(left), asciiLower(right));
  }
  const outcome = strict(left, right);
  if (outcome !== 'defined') return outcome;
  return compareOther(operator, left, right);
}

/** Whether two strings are equal without regard to (ASCII) case, which keeps their length. */
export function sameText(left: string, right: string): boolean {
  return left === right || (left.length === right.length && asciiLower(left) === asciiLower(right));
}

function compareOther(operator: Comparison, left: Value, right: Value): Value {
  if (left instanceof AbsTime && right instanceof AbsTime)
    return holds(operator, left.seconds, right.seconds);
  if (left instanceof RelTime && right instanceof RelTime)
    return holds(operator, left.seconds, right.seconds);
  const a = exact(left);
  const b = exact(right);
  if (a === undefined || b === undefined) return mismatch(operator, left, right);
  // A real on one side makes both reals, and so rounds integers beyond 2^53.
  if (left instanceof Real || right instanceof Real) return holds(operator, Number(a), Number(b));
  return holds(operator, a, b);
}

function exact(value: Value): number | bigint | undefined {
  return typeof value === 'bigint' ? value : asNumber(value);
}

function holds<T extends number | bigint | string>(operator: Comparison, left: T, right: T): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** `left is right` (`=?=`): same type and same value; only two lists or two ads have no answer. */
export function identical(left: Value, right: Value): Value {
  if (typeof left !== 'object' || typeof right !== 'object') return left === right;
  const type = typeOf(left);
  if (type !== typeOf(right)) return false;
  if (left instanceof ListValue && right instanceof ListValue && left.isWritten !== right.isWritten)
    return false;
  if (type === 'list' || type === 'classad') return errorValue(`two of type ${type} cannot be compared`);
  return contentOf(left) === contentOf(right);
}

/** What tells objects of one type apart: numbers for reals and spans, text for instants, nothing for errors. */
function contentOf(value: Value): number | string | undefined {
  if (value instanceof Real) return value.value;
  if (value instanceof RelTime) return value.seconds;
  return value instanceof AbsTime ? `${value.seconds} ${value.offset}` : undefined;
}

/** `left isnt right` (`=!=`) */
export function different(left: Value, right: Value): Value {
  const same = identical(left, right);
  return typeof same === 'boolean' ? !same : same;
}
