import { classAt, digitsEnd, nameStart } from './character-class.ts';
import { integer, Real, type Scalar } from './scalar.ts';
import { syntaxError } from './syntax-error.ts';

/** A number that was read, and where it ends. */
export interface NumberRead {
  readonly value: Scalar;
  readonly end: number;
}

/** Integers of so many digits, and these powers of ten, are exact in a double; so their quotient is rounded only once. */
const exactDigits = 15;
const powersOfTen = Array.from({ length: exactDigits + 1 }, (_, exponent) => 10 ** exponent);

/** Reads a number of few digits without an exponent, as most are; its digits begin at `at`. Undefined for others. */
export function plainNumber(source: string, at: number, isNegative: boolean): NumberRead | undefined {
  const whole = digitsEnd(source, at);
  const isReal = source.charAt(whole) === '.';
  const end = isReal ? digitsEnd(source, whole + 1) : whole;
  if (end - at > exactDigits || goesOn(source, end)) return undefined;
  if (source.charAt(at) === '0' && whole > at + 1) return undefined;
  const integral = digitsFrom(source, at, whole, 0);
  if (!isReal) return { value: isNegative ? 0 - integral : integral, end };
  const decimals = end - whole - 1;
  if (decimals === 0) return undefined;
  const size = digitsFrom(source, whole + 1, end, integral) / (powersOfTen[decimals] ?? 1);
  return { value: new Real(isNegative ? -size : size), end };
}

function digitsFrom(source: string, from: number, end: number, before: number): number {
  let value = before;
  for (let at = from; at < end; at += 1) value = 10 * value + source.charCodeAt(at) - 48;
  return value;
}

/** Whether what follows might belong to the number. */
function goesOn(source: string, end: number): boolean {
  return source.charAt(end) === '.' || classAt(source, end) === nameStart;
}

const pattern = /-?(?:[0-9]*\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
/** Integers with more digits than this exceed 64 bits. */
const mostDigits = 25;

/**
 * Reads any number from the first of its characters, which may be a sign.
 *
 * @throws GlideinError `InvalidExpression` for what looks like a number and is none
 */
export function anyNumber(source: string, at: number): NumberRead {
  pattern.lastIndex = at;
  const text = pattern.exec(source)?.[0] ?? '';
  const end = at + text.length;
  check(source, at, text, source.slice(end, end + 2));
  return { value: exactValue(text), end };
}

function check(source: string, at: number, text: string, following: string): void {
  if (following.startsWith('.') && !/[.eE]/.test(text)) {
    throw syntaxError(source, at, 'a real number needs digits after the dot', `write ${text}.0`);
  }
  // After a sign the original lets zeros pass, unless an 8 or a 9 shows that they would not be octal.
  if (/^(?:0[0-9]+|-0[0-7]*[89][0-9]*)$/.test(text)) {
    const cure = `write ${String(Number(text))}`;
    throw syntaxError(source, at, 'a number does not start with a zero', cure);
  }
  if (/^[xX][0-9a-fA-F]/.test(following)) {
    throw syntaxError(source, at, 'there are no hexadecimal numbers', 'write it in decimal');
  }
  if (/^[eE](?![A-Za-z_])/.test(following)) {
    throw syntaxError(source, at, 'the exponent of this number has no digits');
  }
}

/** Integers beyond 64 bits silently become 0, as in the original. */
function exactValue(text: string): Scalar {
  if (/[.eE]/.test(text)) return new Real(Number(text));
  const small = Number(text);
  if (Number.isSafeInteger(small)) return small + 0;
  if (text.length > mostDigits && !/^-?0/.test(text)) return 0;
  const big = BigInt(text);
  return BigInt.asIntN(64, big) === big ? integer(big) : 0;
}
