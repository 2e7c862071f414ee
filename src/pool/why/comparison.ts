import { type BinaryOperator, binary, type Expression, literal } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { isClassAd, ListValue, type Scalar, type Value } from '#classad/value.ts';

/** Operators by which an attribute is compared, with those that mean the same when the sides are swapped. */
const swapped = {
  '==': '==',
  is: 'is',
  '!=': '!=',
  isnt: 'isnt',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
} as const satisfies Partial<Record<BinaryOperator, BinaryOperator>>;

export type Comparing = keyof typeof swapped;

/** A clause that compares one attribute of the other ad with a constant, as most clauses do. */
export interface Comparison {
  /** The attribute as the clause spells it. */
  readonly name: string;
  readonly operator: Comparing;
  readonly value: Scalar;
  /** The same clause with another operator and another constant. */
  readonly with: (operator: Comparing, value: Scalar) => Expression;
}

/**
 * Reads a clause as a comparison of an attribute of the *other* ad with a constant; a bare attribute counts as `== true`.
 * @param my the ad in which the clause stands, which has bare names first
 * @returns undefined for every other clause
 */
export function comparisonOf(clause: Expression, my: ClassAd): Comparison | undefined {
  const inner = bare(clause);
  if (inner.kind === 'unary' && inner.operator === '!') return flag(bare(inner.operand), my, false);
  if (inner.kind !== 'binary') return flag(inner, my, true);
  const { operator, left, right } = inner;
  if (!isComparing(operator)) return undefined;
  return compared(left, operator, right, my) ?? compared(right, swapped[operator], left, my);
}

function flag(expression: Expression, my: ClassAd, value: boolean): Comparison | undefined {
  return compared(expression, '==', literal(value), my);
}

function compared(
  attribute: Expression,
  operator: Comparing,
  constant: Expression,
  my: ClassAd,
): Comparison | undefined {
  const name = nameInOther(bare(attribute), my);
  const value = constantOf(bare(constant), my);
  if (name === undefined || value === undefined) return undefined;
  return {
    name,
    operator,
    value: value.value,
    with: (other, changed) => binary(other, attribute, literal(changed)),
  };
}

const isComparing = (operator: BinaryOperator): operator is Comparing => operator in swapped;

const bare = (expression: Expression): Expression =>
  expression.kind === 'parentheses' ? bare(expression.inner) : expression;

/** The attribute of the other ad that an expression names; undefined if it is anything else. */
function nameInOther(expression: Expression, my: ClassAd): string | undefined {
  if (expression.kind === 'reference')
    return expression.absolute || my.has(expression.name) ? undefined : expression.name;
  if (expression.kind !== 'select' || expression.base.kind !== 'reference') return undefined;
  const prefix = asciiLower(expression.base.name);
  return prefix === 'target' || prefix === 'other' ? expression.name : undefined;
}

/** A constant, or an attribute of the own ad that is one, such as `MY.Arch`. */
function constantOf(expression: Expression, my: ClassAd): { readonly value: Scalar } | undefined {
  if (expression.kind === 'literal') return { value: expression.value };
  const name = ownName(expression);
  const found = name === undefined ? undefined : my.get(name);
  return found?.kind === 'literal' ? { value: found.value } : undefined;
}

function ownName(expression: Expression): string | undefined {
  if (expression.kind === 'reference') return expression.name;
  if (expression.kind !== 'select' || expression.base.kind !== 'reference') return undefined;
  return asciiLower(expression.base.name) === 'my' ? expression.name : undefined;
}

/** A value that can stand in an expression as a constant; undefined for lists, ads and what is not there. */
export const scalarOf = (value: Value): Scalar =>
  value instanceof ListValue || isClassAd(value) ? undefined : value;
