import type { Binary, Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { asNumber } from '#classad/value.ts';
import { type ResourceName, type Resources, resourceNames } from './resources.ts';

/** How much of one resource a clause wants to be free. */
interface Bound {
  readonly name: ResourceName;
  readonly least: number;
}

/**
 * The bound that a clause of a job's Requirements is, such as `TARGET.Memory >= RequestMemory` or `4 <= Cpus`: it holds exactly if
 * that much is free. Undefined for all other clauses.
 */
export function boundOf(clause: Expression, job: ClassAd): Bound | undefined {
  const plain = unwrapped(clause);
  if (plain.kind !== 'binary') return undefined;
  const [resource, amount] = sides(plain);
  const name = resource && resourceIn(unwrapped(resource), job);
  const least = amount && amountOf(unwrapped(amount), job);
  return name === undefined || least === undefined || Number.isNaN(least) ? undefined : { name, least };
}

/** The larger of each resource. */
export const most = (a: Resources, { name, least }: Bound): Resources =>
  least > a[name] ? { ...a, [name]: least } : a;

/** What must be at least as large, and as what. */
function sides({ operator, left, right }: Binary): readonly [Expression?, Expression?] {
  if (operator === '>=') return [left, right];
  return operator === '<=' ? [right, left] : [];
}

/** A name without a prefix is the slot's only if the job has none like it. */
function resourceIn(expression: Expression, job: ClassAd): ResourceName | undefined {
  const name =
    nameAfter(expression, ['target', 'other'], job) ?? bareName(expression, (each) => !job.has(each));
  return resourceNames.find((each) => each === name);
}

/** A number, or an attribute of the job that is one. */
function amountOf(expression: Expression, job: ClassAd): number | undefined {
  if (expression.kind === 'literal') return numberIn(expression);
  const name = nameAfter(expression, ['my', 'self'], job) ?? bareName(expression, () => true);
  const value = name === undefined ? undefined : job.get(name);
  return value?.kind === 'literal' ? numberIn(value) : undefined;
}

/** A boolean is no amount here: whether it compares with a number is for the evaluator to say. */
function numberIn(literal: Extract<Expression, { kind: 'literal' }>): number | undefined {
  return typeof literal.value === 'boolean' ? undefined : asNumber(literal.value);
}

/** The name in `PREFIX.name`, in lower case; an attribute of the ad that has the prefix as its name takes precedence over it. */
export function nameAfter(
  expression: Expression,
  prefixes: readonly string[],
  ad: ClassAd,
): string | undefined {
  if (expression.kind !== 'select' || expression.base.kind !== 'reference') return undefined;
  const { name, absolute } = expression.base;
  const isPrefix = !absolute && prefixes.includes(asciiLower(name)) && !ad.has(name);
  return isPrefix ? asciiLower(expression.name) : undefined;
}

/** A name without a prefix, in lower case, if it is looked up where it should be. */
export const bareName = (expression: Expression, isThere: (name: string) => boolean): string | undefined =>
  expression.kind === 'reference' && !expression.absolute && isThere(expression.name)
    ? asciiLower(expression.name)
    : undefined;

/** Without the parentheses around it. */
export function unwrapped(expression: Expression): Expression {
  let plain = expression;
  while (plain.kind === 'parentheses') plain = plain.inner;
  return plain;
}
