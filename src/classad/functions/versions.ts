import { bytesOf } from '../text-bytes.ts';
import { withTexts } from './arguments.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';

/** What a byte is to a version: no digit (also the end), a zero, or another digit. */
type Kind = 'x' | '0' | 'd';

/** Where a common beginning ends: outside of digits, in a number, in a fraction, or after only zeros of one. */
type State = 'outside' | 'number' | 'fraction' | 'zeros';

/**
 *     state      x         0        d
 *     outside    outside   zeros    number
 *     number     outside   number   number
 *     fraction   outside   fraction fraction
 *     zeros      outside   zeros    fraction
 */
const next: Readonly<Record<State, Readonly<Record<Kind, State>>>> = {
  outside: { x: 'outside', 0: 'zeros', d: 'number' },
  number: { x: 'outside', 0: 'number', d: 'number' },
  fraction: { x: 'outside', 0: 'fraction', d: 'fraction' },
  zeros: { x: 'outside', 0: 'zeros', d: 'fraction' },
};

/**
 * What decides where two versions part, by the kinds of the two bytes there; the byte itself unless it is said
 * here. Whoever goes on with digits has the larger number, but the smaller fraction.
 */
const verdicts: Readonly<Record<State, Readonly<Partial<Record<string, 'byte' | 'length' | 1 | -1>>>>> = {
  outside: { dd: 'length' },
  number: {
    xd: 'length',
    x0: 'length',
    dx: 'length',
    '0x': 'length',
    dd: 'length',
    d0: 'length',
    '0d': 'length',
  },
  fraction: {},
  zeros: { xd: 1, x0: 1, dx: -1, '0x': -1 },
};

function kindOf(byte: number): Kind {
  if (byte < 48 || byte > 57) return 'x';
  return byte === 48 ? '0' : 'd';
}

/**
 * Compares versions as glibc's strverscmp does: runs of digits by their number, the rest byte by byte. Runs that
 * start with a zero are fractions: more zeros are smaller. The answer is the difference of the deciding bytes, or
 * of the lengths of two numbers.
 */
export function compareVersions(left: string, right: string): number {
  const a = bytesOf(left);
  const b = bytesOf(right);
  let state: State = 'outside';
  let at = 0;
  for (; at < a.length && a[at] === b[at]; at += 1) state = next[state][kindOf(a[at] ?? 0)];
  const [byteA = 0, byteB = 0] = [a[at], b[at]];
  const difference = byteA - byteB;
  const verdict = verdicts[state][`${kindOf(byteA)}${kindOf(byteB)}`] ?? 'byte';
  if (verdict === 'byte') return difference;
  if (verdict !== 'length') return verdict;
  return digitsFrom(a, at) - digitsFrom(b, at) || difference;
}

function digitsFrom(bytes: readonly number[], at: number): number {
  let end = at;
  while (kindOf(bytes[end] ?? 0) !== 'x') end += 1;
  return end - at;
}

function testing(holds: (order: number) => boolean): FunctionDefinition {
  return pure(2, 2, (values) => withTexts(values, ([a = '', b = '']) => holds(compareVersions(a, b))));
}

export const versions: FunctionFamily = {
  versioncmp: pure(2, 2, (values) => withTexts(values, ([a = '', b = '']) => compareVersions(a, b))),
  versionGT: testing((order) => order > 0),
  versionGE: testing((order) => order >= 0),
  versionLT: testing((order) => order < 0),
  versionLE: testing((order) => order <= 0),
  versionEQ: testing((order) => order === 0),
  version_in_range: pure(3, 3, (values) =>
    withTexts(
      values,
      ([version = '', low = '', high = '']) =>
        compareVersions(version, low) >= 0 && compareVersions(version, high) <= 0,
    ),
  ),
};
