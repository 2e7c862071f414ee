import {
  AbsTime,
  asNumber,
  errorValue,
  int32,
  integer,
  Real,
  RelTime,
  typeOf,
  type Value,
} from '../value.ts';
import { mismatch, strict } from './strict.ts';

type Arithmetic = '+' | '-' | '*' | '/' | '%';

/**
 * `left operator right`. Integers are exact and wrap at 64 bits; a real on either side makes a real; true is
 * 1 and false is 0. A real result of +INF is an error while -INF and NaN pass: the original does so.
 */
export function arithmetic(operator: Arithmetic, left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') return small(operator, left, right);
  const outcome = strict(left, right);
  if (outcome !== 'defined') return outcome;
  if (isTime(left) || isTime(right)) return times(operator, left, right);
  const a = asNumber(left);
  const b = asNumber(right);
  if (a === undefined || b === undefined) return mismatch(operator, left, right);
  if (left instanceof Real || right instanceof Real) return reals(operator, a, b);
  return big(operator, bigintOf(left), bigintOf(right));
}

function bigintOf(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  return BigInt(typeof value === 'number' ? value : Number(value === true));
}

/** Safe integers: exact in doubles while the result is safe too; adding 0 turns -0 into 0. */
function small(operator: Arithmetic, a: number, b: number): Value {
  const result = smallResult(operator, a, b);
  return Number.isSafeInteger(result) ? result + 0 : big(operator, BigInt(a), BigInt(b));
}

function smallResult(operator: Arithmetic, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return (a - (a % b)) / b;
    case '%':
      return a % b;
  }
}

function big(operator: Arithmetic, a: bigint, b: bigint): Value {
  switch (operator) {
    case '+':
      return integer(a + b);
    case '-':
      return integer(a - b);
    case '*':
      return integer(a * b);
    case '/':
      return b === 0n ? errorValue('division by zero') : quotient(a, b);
    case '%':
      return b === 0n ? errorValue('remainder of a division by zero') : integer(a % b);
  }
}

/** The one quotient that does not fit, -2^63 / -1, becomes the largest integer. */
function quotient(a: bigint, b: bigint): Value {
  const result = a / b;
  return result === 2n ** 63n ? result - 1n : integer(result);
}

function reals(operator: Arithmetic, a: number, b: number): Value {
  const result = realResult(operator, a, b);
  if (result === undefined) return errorValue('% is not defined for reals');
  return result === Number.POSITIVE_INFINITY ? errorValue(`${operator} overflows`) : new Real(result);
}

function realResult(operator: Arithmetic, a: number, b: number): number | undefined {
  if (operator === '/') return a / b;
  return operator === '%' ? undefined : smallResult(operator, a, b);
}

function isTime(value: Value): value is AbsTime | RelTime {
  return value instanceof AbsTime || value instanceof RelTime;
}

function times(operator: Arithmetic, left: Value, right: Value): Value {
  const result =
    left instanceof AbsTime ? withInstant(operator, left, right) : withSpan(operator, left, right);
  return result ?? mismatch(operator, left, right);
}

function withInstant(operator: Arithmetic, left: AbsTime, right: Value): Value {
  if (right instanceof AbsTime && operator === '-') return new RelTime(left.seconds - right.seconds);
  if (!(right instanceof RelTime)) return undefined;
  if (operator === '+') return shift(left, right.seconds);
  return operator === '-' ? shift(left, -right.seconds) : undefined;
}

function shift(time: AbsTime, seconds: number): AbsTime {
  return new AbsTime(time.seconds + int32(seconds), time.offset);
}

function withSpan(operator: Arithmetic, left: Value, right: Value): Value {
  if (right instanceof AbsTime) {
    return left instanceof RelTime && operator === '+' ? shift(right, left.seconds) : undefined;
  }
  if (left instanceof RelTime && right instanceof RelTime) {
    if (operator === '+') return new RelTime(left.seconds + right.seconds);
    return operator === '-' ? new RelTime(left.seconds - right.seconds) : undefined;
  }
  return scaled(operator, left, right);
}

function scaled(operator: Arithmetic, left: Value, right: Value): Value {
  if (right instanceof RelTime) {
    const factor = factorOf(left);
    return operator === '*' && factor !== undefined ? new RelTime(factor * right.seconds) : undefined;
  }
  const factor = factorOf(right);
  if (!(left instanceof RelTime) || factor === undefined) return undefined;
  if (operator === '*') return new RelTime(left.seconds * factor);
  if (operator !== '/') return undefined;
  return new RelTime(left.seconds / factor);
}

function factorOf(value: Value): number | undefined {
  return typeof value === 'boolean' ? undefined : asNumber(value);
}

/** `-value`; booleans have no negative. */
export function negate(value: Value): Value {
  if (typeof value === 'number') return 0 - value;
  if (value === undefined) return undefined;
  if (typeof value === 'bigint') return integer(-value);
  if (value instanceof Real) return new Real(-value.value);
  if (value instanceof RelTime) return new RelTime(-value.seconds);
  return noSign('-', value);
}

/** `+value`: numbers and spans stay what they are. */
export function plus(value: Value): Value {
  if (value === undefined || typeof value === 'number' || typeof value === 'bigint') return value;
  return value instanceof Real || value instanceof RelTime ? value : noSign('+', value);
}

function noSign(sign: string, value: Value): Value {
  return typeOf(value) === 'error' ? value : errorValue(`${sign}${typeOf(value)} has no meaning`);
}
