import { printValue } from '../print.ts';
import { printAbsTime, printRelTime } from '../print-time.ts';
import {
  AbsTime,
  asNumber,
  ErrorValue,
  errorValue,
  int32,
  integerOf,
  isInteger,
  Real,
  RelTime,
  typeOf,
  type Value,
} from '../value.ts';
import { sizeOf } from './cost.ts';
import { longestText } from './join-texts.ts';

/** The text that a function sees when it takes any value as a string; undefined and errors stay as they are. */
export function textOf(value: Value): string | undefined | ErrorValue {
  if (typeof value === 'string' || value === undefined || value instanceof ErrorValue) return value;
  if (value instanceof AbsTime) return printAbsTime(value);
  if (value instanceof RelTime) return printRelTime(value);
  const longest = longestText / mostPrinted;
  return sizeOf(value) > longest
    ? errorValue(`a text has at most ${longestText} characters`)
    : printValue(value);
}

/** Characters that one of what {@link sizeOf} counts is printed as, at most: escapes, blanks and brackets. */
const mostPrinted = 4;

/** `int(x)`: strings by their leading number, reals cut off towards zero. */
export function toInteger(value: Value): Value {
  if (value === undefined || value instanceof ErrorValue || isInteger(value)) return value;
  if (typeof value === 'string') return integerOfText(value);
  const number = secondsOf(value) ?? asNumber(value);
  return number === undefined ? errorValue(`int of ${typeOf(value)} has no meaning`) : integerOf(number);
}

/** Read as a real and cut off, so that more than 53 bits are not exact: the original does so. */
function integerOfText(text: string): Value {
  const real = realOfText(text);
  return real === undefined ? errorValue(`"${text}" does not start with a number`) : integerOf(real);
}

/** `real(x)` */
export function toReal(value: Value): Value {
  if (value === undefined || value instanceof ErrorValue || value instanceof Real) return value;
  const number = numberIn(value);
  return number === undefined ? errorValue(`real of this ${typeOf(value)} has no meaning`) : new Real(number);
}

/** The number that a text starts with, as C's strtod reads it: decimal, hexadecimal, `inf`, `nan`. */
export function realOfText(text: string): number | undefined {
  const special = /^\s*([+-]?)(inf|nan)/i.exec(text);
  if (special !== null) {
    if (special[2]?.toLowerCase() === 'nan') return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const hexadecimal =
    /^\s*([+-]?)0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP]([+-]?[0-9]+))?/.exec(text);
  if (hexadecimal !== null) return realOfHexadecimal(hexadecimal);
  const digits = /^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/.exec(text)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

function realOfHexadecimal([, sign, digits = '', exponent = '0']: RegExpExecArray): number {
  const [whole = '', fraction = ''] = digits.split('.');
  const mantissa = Number(`0x${whole}${fraction}`) / 16 ** fraction.length;
  return (sign === '-' ? -1 : 1) * mantissa * 2 ** Number(exponent);
}

/** `bool(x)`: of strings only `true` and `false` mean something. */
export function toBool(value: Value): Value {
  if (value === undefined || value instanceof ErrorValue) return value;
  if (typeof value === 'string') return boolOfText(value.toLowerCase());
  const number = value instanceof RelTime ? int32(value.seconds) : asNumber(value);
  return number === undefined ? errorValue(`bool of ${typeOf(value)} has no meaning`) : number !== 0;
}

function boolOfText(text: string): boolean | undefined {
  return text === 'true' || text === 'false' ? text === 'true' : undefined;
}

/** The number in a value: also the one that a string starts with, and the seconds of a time. */
export function numberIn(value: Value): number | undefined {
  return typeof value === 'string' ? realOfText(value) : (secondsOf(value) ?? asNumber(value));
}

/** Of a span the whole seconds, in the 32 bits that the original gives them. */
function secondsOf(value: Value): number | undefined {
  if (value instanceof RelTime) return int32(value.seconds);
  return value instanceof AbsTime ? value.seconds : undefined;
}
