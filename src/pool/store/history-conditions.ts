import type { Binary, BinaryOperator, Expression, Literal } from '#classad/ast.ts';
import { asciiLower } from '#classad/names.ts';
import { Real } from '#classad/scalar.ts';

/** SQL that is true at least for every row whose job satisfies a constraint. */
export interface Conditions {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** The columns that hold what these attributes of an ended job evaluate to; NULL where the attribute is undefined. */
const columns: ReadonlyMap<string, { readonly column: string; readonly type: 'number' | 'text' }> = new Map([
  ['clusterid', { column: 'cluster', type: 'number' }],
  ['procid', { column: 'proc', type: 'number' }],
  ['owner', { column: 'owner', type: 'text' }],
  ['user', { column: 'owner', type: 'text' }],
  ['qdate', { column: 'submitted', type: 'number' }],
  ['jobstatus', { column: 'status', type: 'number' }],
  ['exitcode', { column: 'exitCode', type: 'number' }],
  ['exitsignal', { column: 'exitSignal', type: 'number' }],
  ['numjobstarts', { column: 'starts', type: 'number' }],
  ['remotewallclocktime', { column: 'wallSeconds', type: 'number' }],
  ['memoryusage', { column: 'memory', type: 'number' }],
  ['lastremotehost', { column: 'host', type: 'text' }],
  ['enteredcurrentstatus', { column: 'ended / 1000', type: 'number' }],
  ['completiondate', { column: 'CASE WHEN status = 4 THEN ended / 1000 END', type: 'number' }],
]);

const sqlOperators: Partial<Record<BinaryOperator, string>> = {
  '==': '=',
  is: '=',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

const mirrored: Partial<Record<BinaryOperator, BinaryOperator>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/**
 * What a constraint demands of the columns, as far as SQL can say it: comparisons of an attribute with a constant, joined by
 * `&&` and `||`. Rows for which it is true still have to be evaluated.
 * @returns undefined if it demands nothing of them
 */
export function conditionsOf(expression: Expression): Conditions | undefined {
  if (expression.kind === 'parentheses') return conditionsOf(expression.inner);
  if (expression.kind !== 'binary') return undefined;
  const { operator, left, right } = expression;
  if (operator === '&&') return both(conditionsOf(left), conditionsOf(right));
  if (operator === '||') return either(conditionsOf(left), conditionsOf(right));
  return comparison(expression) ?? comparison(turned(expression));
}

/** The most comparisons in one query: SQLite has a limit on how deep a condition is. */
const mostComparisons = 50;

const fit = (a: Conditions, b: Conditions): boolean => a.values.length + b.values.length <= mostComparisons;

/** Leaves out what does not fit: more rows than necessary are then evaluated. */
function both(a: Conditions | undefined, b: Conditions | undefined): Conditions | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return fit(a, b) ? joined(a, 'AND', b) : a;
}

/** If one side may be true for reasons that SQL does not know, so may the whole. */
const either = (a: Conditions | undefined, b: Conditions | undefined): Conditions | undefined =>
  a === undefined || b === undefined || !fit(a, b) ? undefined : joined(a, 'OR', b);

const joined = (a: Conditions, operator: 'AND' | 'OR', b: Conditions): Conditions => ({
  sql: `(${a.sql} ${operator} ${b.sql})`,
  values: [...a.values, ...b.values],
});

const turned = (expression: Binary): Binary => ({
  ...expression,
  operator: mirrored[expression.operator] ?? expression.operator,
  left: expression.right,
  right: expression.left,
});

function comparison({ operator, left, right }: Binary): Conditions | undefined {
  const known = columns.get(ownAttribute(left) ?? '');
  const sqlOperator = sqlOperators[operator];
  const value = right.kind === 'literal' ? constant(right) : undefined;
  if (known === undefined || sqlOperator === undefined || value === undefined) return undefined;
  if (typeof value === 'number')
    return known.type === 'number' ? { sql: `${known.column} ${sqlOperator} ?`, values: [value] } : undefined;
  // NOCASE folds ASCII letters, and so do ClassAds. How they order texts is left to them.
  const isEquality = sqlOperator === '=' || sqlOperator === '<>';
  if (known.type !== 'text' || !isEquality) return undefined;
  return { sql: `${known.column} ${sqlOperator} ? COLLATE NOCASE`, values: [value] };
}

/** The attribute of the job itself that an expression reads, in lower case. */
function ownAttribute(expression: Expression): string | undefined {
  if (expression.kind === 'reference') return asciiLower(expression.name);
  if (expression.kind !== 'select' || expression.base.kind !== 'reference') return undefined;
  return asciiLower(expression.base.name) === 'my' ? asciiLower(expression.name) : undefined;
}

function constant({ value }: Literal): number | string | undefined {
  if (value instanceof Real) return Number.isFinite(value.value) ? value.value : undefined;
  return typeof value === 'number' || typeof value === 'string' ? value : undefined;
}
