import { bytesOf } from '../text-bytes.ts';
import type { Value } from '../value.ts';
import { withStrings } from './arguments.ts';
import { textOf } from './conversion.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';

const zero = 48;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte < zero + 10;
}

/**
 * Compares versions as glibc's strverscmp does: runs of digits by their number, the rest byte by byte. Runs that
 * start with zeros are fractions: more zeros are smaller. The answer is the difference of the deciding bytes.
 */
export function compareVersions(left: string, right: string): number {
  const a = bytesOf(left);
  const b = bytesOf(right);
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const difference = (a[at] ?? 0) - (b[at] ?? 0);
  if (difference === 0) return 0;
  const start = startOfDigits(a, at);
  const inFraction = a[start] === zero && (start < at || (a[start] === b[start] && start === at));
  const leadingZeros = a.slice(start, at).every((byte) => byte === zero);
  if (start < at && inFraction) return leadingZeros ? fraction(a, b, at) : difference;
  if (!isDigit(a[at]) && !isDigit(b[at])) return difference;
  return wholeNumbers(a, b, at, start < at) ?? difference;
}

function startOfDigits(bytes: readonly number[], at: number): number {
  let start = at;
  while (start > 0 && isDigit(bytes[start - 1])) start -= 1;
  return start;
}

/** Only zeros so far on both sides: whoever goes on with digits is smaller than whoever ends. */
function fraction(a: readonly number[], b: readonly number[], at: number): number {
  if (isDigit(a[at]) !== isDigit(b[at])) return isDigit(a[at]) ? -1 : 1;
  return (a[at] ?? 0) - (b[at] ?? 0);
}

/** The longer run of digits is the larger number; undefined when both are of one length, or no numbers. */
function wholeNumbers(
  a: readonly number[],
  b: readonly number[],
  at: number,
  within: boolean,
): number | undefined {
  const [lengthA, lengthB] = [digitsFrom(a, at), digitsFrom(b, at)];
  if (!within && (lengthA === 0 || lengthB === 0)) return undefined;
  if (!within && (a[at] === zero || b[at] === zero)) return undefined;
  if (lengthA === lengthB) return undefined;
  return lengthA < lengthB ? -1 : 1;
}

function digitsFrom(bytes: readonly number[], at: number): number {
  let end = at;
  while (isDigit(bytes[end])) end += 1;
  return end - at;
}

function testing(holds: (order: number) => boolean): FunctionDefinition {
  return pure(2, 2, (values) => onVersions(values, ([a = '', b = '']) => holds(compareVersions(a, b))));
}

function onVersions(values: readonly Value[], run: (texts: readonly string[]) => Value): Value {
  return withStrings(values.map(textOf), run);
}

export const versions: FunctionFamily = {
  versioncmp: pure(2, 2, (values) => onVersions(values, ([a = '', b = '']) => compareVersions(a, b))),
  versionGT: testing((order) => order > 0),
  versionGE: testing((order) => order >= 0),
  versionLT: testing((order) => order < 0),
  versionLE: testing((order) => order <= 0),
  versionEQ: testing((order) => order === 0),
  version_in_range: pure(3, 3, (values) =>
    onVersions(
      values,
      ([version = '', low = '', high = '']) =>
        compareVersions(version, low) >= 0 && compareVersions(version, high) <= 0,
    ),
  ),
};
