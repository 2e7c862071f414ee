import {
  ErrorValue,
  errorValue,
  integer,
  integerOf,
  isInteger,
  ListValue,
  low32,
  Real,
  typeOf,
  type Value,
} from '../value.ts';
import { numberIn, textOf, toBool, toInteger, toReal } from './conversion.ts';
import { type FunctionDefinition, type FunctionFamily, pure, scoped } from './definition.ts';

/** floor and its like: integers stay, the rest becomes an integer; undefined is an error here. */
function rounding(round: (value: number) => number): FunctionDefinition {
  return pure(1, 1, ([value]) => {
    if (isInteger(value)) return value;
    const number = numberIn(value);
    return number === undefined ? notNumeric(value) : integerOf(round(number));
  });
}

function notNumeric(value: Value): ErrorValue {
  return value instanceof ErrorValue ? value : errorValue(`${typeOf(value)} is not a number`);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function power(base: Value, exponent: Value): Value {
  if (isInteger(base) && isInteger(exponent) && exponent >= 0) {
    // The original rounds by adding a half and cutting off, which is one too many below zero.
    return integerOf(Number(base) ** Number(exponent) + 0.5);
  }
  const a = numberIn(base);
  const b = numberIn(exponent);
  if (a === undefined) return notNumeric(base);
  return b === undefined ? notNumeric(exponent) : new Real(realPower(a, b));
}

/** As C's `pow`: 1 to any power is 1, and so is -1 to an infinite one. */
function realPower(base: number, exponent: number): number {
  return base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)
    ? 1
    : base ** exponent;
}

/** A step that is not larger counts as none. */
const leastStep = 1e-8;

/** The smallest multiple of `step` that is at least `value`; integers give an integer. */
function multiple(value: Value, step: Value): Value {
  if (isInteger(value) && isInteger(step)) {
    const [a, b] = [BigInt(value), BigInt(step)];
    if (b === 0n) return value;
    // Rounded up by adding, so that the division by truncation leaves negative values at the next one up.
    return integer((BigInt.asIntN(64, a + b - 1n) / b) * b);
  }
  const a = numberIn(value);
  const b = numberIn(step);
  if (a === undefined) return notNumeric(value);
  if (b === undefined) return notNumeric(step);
  return Math.abs(b) <= leastStep ? value : new Real(Math.ceil(a / b) * b);
}

/** The first item that is large enough, else a multiple of the last. */
function quantize(value: Value, steps: Value): Value {
  if (!(steps instanceof ListValue)) return multiple(value, steps);
  const number = numberIn(value);
  if (number === undefined) return notNumeric(value);
  const items = steps.values();
  for (const item of items) {
    const size = numberIn(item);
    if (size === undefined) return notNumeric(item);
    if (size >= number) return item;
  }
  return items.length === 0 ? value : multiple(value, items.at(-1));
}

export const numbers: FunctionFamily = {
  int: pure(1, 1, ([value]) => toInteger(value)),
  real: pure(1, 1, ([value]) => toReal(value)),
  bool: pure(1, 1, ([value]) => toBool(value)),
  string: pure(1, 1, ([value]) => textOf(value)),
  floor: rounding(Math.floor),
  ceil: rounding(Math.ceil),
  ceiling: rounding(Math.ceil),
  round: rounding(roundHalfEven),
  pow: pure(2, 2, ([base, exponent]) => power(base, exponent)),
  quantize: pure(2, 2, ([value, steps]) => quantize(value, steps)),
  random: scoped(0, 1, (values, { environment: { random } }) => {
    const [limit] = values;
    if (random === undefined) return errorValue('there is no source of random numbers here');
    if (values.length === 0) return new Real(random());
    if (!isInteger(limit) && !(limit instanceof Real)) return notNumeric(limit);
    const range = limit instanceof Real ? limit.value : low32(limit);
    if (range <= 0) return errorValue(`there are no random numbers below ${range}`);
    return limit instanceof Real ? new Real(random() * range) : Math.floor(random() * range);
  }),
};
