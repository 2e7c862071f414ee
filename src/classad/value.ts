import type { Expression } from './ast.ts';
import { AttributeTable } from './attribute-table.ts';
import { AbsTime, ErrorValue, Real, RelTime, type Scalar } from './scalar.ts';

export {
  AbsTime,
  ErrorValue,
  errorValue,
  int32,
  integer,
  integerOf,
  low32,
  Real,
  RelTime,
  type Scalar,
} from './scalar.ts';

/** What gives the items of a written list their values: the scope that the list stands in. */
export interface Evaluator {
  evaluate(expression: Expression): Value;
}

/**
 * A list. One that is written in an expression keeps its items unevaluated, with the scope that they mean;
 * one that a function made holds values. Readers take {@link ListValue.values}; only printing tells them apart.
 */
export class ListValue {
  readonly expressions: readonly Expression[] | undefined;
  /** Whether `is` takes it for a list of an expression: those and the ones of functions are different types to it. */
  readonly isWritten: boolean;
  readonly #scope: Evaluator | undefined;
  #values: readonly Value[] | undefined;

  private constructor(
    values: readonly Value[] | undefined,
    expressions: readonly Expression[] | undefined,
    scope: Evaluator | undefined,
    isWritten: boolean,
  ) {
    this.isWritten = isWritten;
    this.#values = values;
    this.expressions = expressions;
    this.#scope = scope;
  }

  static of(values: readonly Value[]): ListValue {
    return new ListValue(values, undefined, undefined, false);
  }

  /** What `list.name` makes. */
  static selected(values: readonly Value[]): ListValue {
    return new ListValue(values, undefined, undefined, true);
  }

  /** `scope` may be left out when every item is a literal. */
  static written(expressions: readonly Expression[], scope: Evaluator | undefined): ListValue {
    return new ListValue(undefined, expressions, scope, true);
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
 * Ads come as the table below `ClassAd`; `asClassAd` of `class-ad.ts` gives them their methods back.
 */
export type Value = Scalar | ListValue | AttributeTable;

export function isError(value: Value): value is ErrorValue {
  return value instanceof ErrorValue;
}

export function isUndefined(value: Value): value is undefined {
  return value === undefined;
}

export function isInteger(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export function isClassAd(value: unknown): value is AttributeTable {
  return value instanceof AttributeTable;
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
