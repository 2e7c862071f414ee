import type { Expression } from './ast.ts';
import { AttributeTable } from './attribute-table.ts';
import type { ClassAd } from './class-ad.ts';
import type { Scope } from './scope.ts';

/** The value of a name that nothing defines. It is JavaScript's own `undefined`. */
export const UNDEFINED = undefined;

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

/** An instant: whole seconds since the epoch, and the zone that it is printed in, in seconds east of UTC. */
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

/**
 * A list. One that is written in an expression keeps its items unevaluated, with the scope that they mean;
 * one that a function made holds values. Readers take {@link ListValue.values}; only printing tells them apart.
 */
export class ListValue {
  readonly expressions: readonly Expression[] | undefined;
  readonly #scope: Scope | undefined;
  #values: readonly Value[] | undefined;

  private constructor(
    values: readonly Value[] | undefined,
    expressions: readonly Expression[] | undefined,
    scope: Scope | undefined,
  ) {
    this.#values = values;
    this.expressions = expressions;
    this.#scope = scope;
  }

  static of(values: readonly Value[]): ListValue {
    return new ListValue(values, undefined, undefined);
  }

  /** `scope` may be left out when every item is a literal. */
  static written(expressions: readonly Expression[], scope: Scope | undefined): ListValue {
    return new ListValue(undefined, expressions, scope);
  }

  get length(): number {
    return (this.expressions ?? this.#values ?? []).length;
  }

  /** The value of one item; the caller has checked the bounds. */
  at(index: number): Value {
    const expression = this.expressions?.[index];
    return expression === undefined ? this.#values?.[index] : this.#evaluate(expression);
  }

  values(): readonly Value[] {
    if (this.#values !== undefined) return this.#values;
    const values = (this.expressions ?? []).map((expression) => this.#evaluate(expression));
    // Without a scope the items are literals: their values never change.
    if (this.#scope === undefined) this.#values = values;
    return values;
  }

  #evaluate(expression: Expression): Value {
    if (expression.kind === 'literal') return expression.value;
    return this.#scope?.evaluate(expression);
  }
}

/**
 * What an expression evaluates to. Integers are 64 bits wide: a `number` while it is a safe integer, else a
 * `bigint`; {@link integer} keeps to that. A `number` is therefore always an integer, and never `-0`.
 */
export type Value =
  | undefined
  | ErrorValue
  | boolean
  | number
  | bigint
  | Real
  | string
  | AbsTime
  | RelTime
  | ListValue
  | ClassAd;

export function errorValue(reason: string): ErrorValue {
  return new ErrorValue(reason);
}

export function isError(value: Value): value is ErrorValue {
  return value instanceof ErrorValue;
}

export function isUndefined(value: Value): value is undefined {
  return value === undefined;
}

export function isReal(value: Value): value is Real {
  return value instanceof Real;
}

export function isInteger(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export function isString(value: Value): value is string {
  return typeof value === 'string';
}

export function isBoolean(value: Value): value is boolean {
  return typeof value === 'boolean';
}

export function isList(value: Value): value is ListValue {
  return value instanceof ListValue;
}

export function isClassAd(value: unknown): value is ClassAd {
  return value instanceof AttributeTable;
}

/** The integer of these low 64 bits (two's complement), in its one representation. */
export function integer(value: bigint): number | bigint {
  if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) {
    return Number(value);
  }
  const wrapped = BigInt.asIntN(64, value);
  return wrapped === value ? wrapped : integer(wrapped);
}

/** The integer that a real truncates to; what lies outside of 64 bits (and NaN) becomes -2^63, as in C. */
export function integerOf(value: number): number | bigint {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole + 0;
  if (!(Math.abs(whole) < 2 ** 63)) return -(2n ** 63n);
  return BigInt(whole);
}

/** Whether a match, a constraint or a policy holds: true, or a number other than zero. */
export function isTrue(value: Value): boolean {
  return truth(value) === true;
}

/** The value as a condition: numbers count as booleans, everything else has no truth. */
export function truth(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'bigint') return value !== 0n;
  return value instanceof Real ? value.value !== 0 : undefined;
}

/** Integers, reals and booleans (0 and 1) as a JavaScript number; everything else has none. */
export function asNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof Real) return value.value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'bigint' ? Number(value) : undefined;
}

export function asString(value: Value): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export type TypeName =
  | 'undefined'
  | 'error'
  | 'boolean'
  | 'integer'
  | 'real'
  | 'string'
  | 'abstime'
  | 'reltime'
  | 'list'
  | 'classad';

const scalarTypes: Readonly<Record<string, TypeName>> = {
  undefined: 'undefined',
  boolean: 'boolean',
  number: 'integer',
  bigint: 'integer',
  string: 'string',
};

/** The language's name for the type of `value`. */
export function typeOf(value: Value): TypeName {
  const scalar = scalarTypes[typeof value];
  if (scalar !== undefined) return scalar;
  if (value instanceof Real) return 'real';
  if (value instanceof ErrorValue) return 'error';
  if (value instanceof ListValue) return 'list';
  if (value instanceof AbsTime) return 'abstime';
  return value instanceof RelTime ? 'reltime' : 'classad';
}
