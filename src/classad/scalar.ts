/** The value of an operation that makes no sense, with the reason; never thrown inside the evaluator. */
export class ErrorValue {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A real number. Wrapped, so that `1` (integer) and `1.0` (real) stay different values. */
export class Real {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** An instant: whole seconds since the epoch (64 bits when it was parsed, else 32), and the zone that it is printed in, in seconds east of UTC. */
export class AbsTime {
  readonly seconds: number;
  readonly offset: number;

  constructor(seconds: number, offset = 0) {
    this.seconds = seconds;
    this.offset = offset;
  }
}

/** A span of time in seconds, perhaps with a fraction, perhaps negative. */
export class RelTime {
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/** The values that an expression can hold as a literal: all but lists and ads. */
export type Scalar = undefined | ErrorValue | boolean | number | bigint | Real | string | AbsTime | RelTime;

export function errorValue(reason: string): ErrorValue {
  return new ErrorValue(reason);
}

/** The integer of these low 64 bits (two's complement), in its one representation. */
export function integer(value: bigint): number | bigint {
  if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) {
    return Number(value);
  }
  const wrapped = BigInt.asIntN(64, value);
  return wrapped === value ? wrapped : integer(wrapped);
}

/** A real as C's `(int)` makes it on x86: cut off, and -2^31 where 32 bits do not hold it. */
export function int32(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(whole) < 2 ** 31 ? whole + 0 : -(2 ** 31);
}

/** The low 32 bits of an integer: what C makes of a `long` in an `int`. */
export function low32(value: number | bigint): number {
  return Number(BigInt.asIntN(32, BigInt(value)));
}

/** The integer that a real truncates to; what lies outside of 64 bits (and NaN) becomes -2^63, as in C. */
export function integerOf(value: number): number | bigint {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole + 0;
  if (!(Math.abs(whole) < 2 ** 63)) return -(2n ** 63n);
  return BigInt(whole);
}
