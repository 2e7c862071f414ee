import { errorValue, integer, isInteger, typeOf, type Value } from '../value.ts';
import { mismatch, strict } from './strict.ts';

type Bitwise = '&' | '|' | '^' | '<<' | '>>' | '>>>';

/**
 * Integers only. Shift counts keep their low six bits, as the processor does it. A negative number and `>>> 0` give
 * 0 in the original, and so here.
 */
export function bitwise(operator: Bitwise, left: Value, right: Value): Value {
  const outcome = strict(left, right);
  if (outcome !== 'defined') return outcome;
  if (!isInteger(left) || !isInteger(right)) return mismatch(operator, left, right);
  const a = BigInt(left);
  const b = BigInt(right);
  return integer(BigInt.asIntN(64, operations[operator](a, b)));
}

const operations: Readonly<Record<Bitwise, (a: bigint, b: bigint) => bigint>> = {
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << (b & 63n),
  '>>': (a, b) => (a < 0n ? shiftNegative(a, b) : a >> (b & 63n)),
  '>>>': (a, b) => (a < 0n && (b & 63n) === 0n ? 0n : BigInt.asUintN(64, a) >> (b & 63n)),
};

/** Negative numbers are shifted one by one in the original: a negative count does nothing, a large one leaves -1. */
function shiftNegative(value: bigint, count: bigint): bigint {
  if (count <= 0n) return value;
  return count > 63n ? -1n : value >> count;
}

/** `~value` */
export function complement(value: Value): Value {
  if (isInteger(value)) return integer(~BigInt(value));
  if (value === undefined || typeOf(value) === 'error') return value;
  return errorValue(`~${typeOf(value)} has no meaning`);
}
