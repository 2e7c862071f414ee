import { bytesOf } from '../text-bytes.ts';
import { errorValue, type Value } from '../value.ts';
import { withTexts } from './arguments.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

/** The run of digits from `start` on. */
function digitsFrom(bytes: Uint8Array, start: number): Uint8Array {
  let end = start;
  while (isDigit(bytes[end])) end += 1;
  return bytes.subarray(start, end);
}

/** The zeros that a number begins with, but for its last digit. */
function leadingZeros(digits: Uint8Array): number {
  const first = digits.findIndex((digit) => digit !== 48);
  return first < 0 ? digits.length - 1 : first;
}

/** Bytes are signed, and what is not there is zero. */
function difference(a: Uint8Array, b: Uint8Array, at: number): number {
  return (((a[at] ?? 0) << 24) >> 24) - (((b[at] ?? 0) << 24) >> 24);
}

/**
 * Compares two versions where they part: byte by byte, but numbers as numbers. Of two numbers the one with more zeros in
 * front is smaller, then, when there are none, the shorter one. The answer is the difference of what decides: zeros,
 * digits or bytes.
 */
export function compareVersions(left: string, right: string): number {
  const a = bytesOf(left);
  const b = bytesOf(right);
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  let start = at;
  while (isDigit(a[start - 1])) start -= 1;
  const [numberA, numberB] = [digitsFrom(a, start), digitsFrom(b, start)];
  if (numberA.length === 0 || numberB.length === 0) return difference(a, b, at);
  const zeros = leadingZeros(numberA);
  if (zeros !== leadingZeros(numberB)) return leadingZeros(numberB) - zeros;
  const longer = zeros === 0 ? numberA.length - numberB.length : 0;
  return longer || difference(a, b, at);
}

function testing(holds: (order: number) => boolean): FunctionDefinition {
  return pure(2, 2, (values) => withTexts(values, ([a = '', b = '']) => holds(compareVersions(a, b))));
}

/** A bound that is undefined leaves it open; a version that is undefined is an error here alone. */
function inRange([version, low, high]: readonly Value[]): Value {
  if (low === undefined || high === undefined) return undefined;
  if (version === undefined) return errorValue('the version is undefined');
  return withTexts(
    [version, low, high],
    ([text = '', least = '', most = '']) =>
      compareVersions(text, least) >= 0 && compareVersions(text, most) <= 0,
  );
}

export const versions: FunctionFamily = {
  versioncmp: pure(2, 2, (values) => withTexts(values, ([a = '', b = '']) => compareVersions(a, b))),
  versionGT: testing((order) => order > 0),
  versionGE: testing((order) => order >= 0),
  versionLT: testing((order) => order < 0),
  versionLE: testing((order) => order <= 0),
  versionEQ: testing((order) => order === 0),
  version_in_range: pure(3, 3, inRange),
};
