import type {
  Binary,
  Call,
  Conditional,
  Elvis,
  Expression,
  Operation,
  RecordExpression,
  Subscript,
  Unary,
} from './ast.ts';
import { AttributeSite } from './attribute-site.ts';
import { costOfMade, costOfReading } from './functions/cost.ts';
import type { FunctionDefinition } from './functions/definition.ts';
import { functionTable } from './functions/table.ts';
import { asciiLower } from './names.ts';
import { negate, plus } from './operators/arithmetic.ts';
import { complement } from './operators/bitwise.ts';
import { condition, not } from './operators/logic.ts';
import { binaryOperation } from './operators/table.ts';
import { type Compiled, isSpecialName, type Scope, unresolved } from './scope.ts';
import { selectFrom, subscriptOf } from './select.ts';
import { evaluationDepth } from './session.ts';
import { ErrorValue, errorValue, ListValue, type Value } from './value.ts';

export type { Compiled } from './scope.ts';

/** A compiled node; `constant` tells that it gives the same value in every scope. */
interface Part {
  readonly run: Compiled;
  readonly constant: boolean;
}

// Nodes are immutable, so a compiled form stays valid for as long as its node exists.
const cache = new WeakMap<Expression, Compiled>();

/** Compiles `expression`, once per expression object; parts without names are computed right here. */
export function compile(expression: Expression): Compiled {
  let compiled = cache.get(expression);
  if (compiled === undefined) {
    compiled = expression.depth > evaluationDepth ? tooDeep : part(expression, 1).run;
    cache.set(expression, compiled);
  }
  return compiled;
}

const tooDeep: Compiled = () => errorValue('the expression nests too deep to be evaluated');

/** `position` counts the nodes from the root of the expression down to this one: 1 for the root. */
function part(expression: Expression, position: number): Part {
  switch (expression.kind) {
    case 'literal':
      return constant(expression.value);
    case 'reference':
      return dynamic(referenceRun(asciiLower(expression.name), expression.absolute, position));
    case 'select':
      return selectPart(expression.base, asciiLower(expression.name), position);
    case 'subscript':
      return subscriptPart(expression, position);
    case 'call':
      return callPart(expression, position);
    case 'list':
      return listPart(expression.items);
    case 'record':
      return dynamic(recordRun(expression));
    default:
      return operatorPart(expression, position);
  }
}

function operatorPart(expression: Operation, position: number): Part {
  switch (expression.kind) {
    case 'unary':
      return unaryPart(expression, position);
    case 'binary':
      return binaryPart(expression, position);
    case 'conditional':
      return conditionalPart(expression, position);
    case 'elvis':
      return elvisPart(expression, position);
    case 'parentheses':
      return part(expression.inner, position + 1);
  }
}

function constant(value: Value): Part {
  return { run: () => value, constant: true };
}

function dynamic(run: Compiled): Part {
  return { run, constant: false };
}

/** Computes `run` now when all it reads is constant. No scope is needed then, and none is read. */
function folded(run: Compiled, parts: readonly Part[]): Part {
  return parts.every((each) => each.constant) ? constant(run(nowhere)) : dynamic(run);
}

/** The scope for folding constants, which never use it. */
const nowhere = Object.freeze({}) as unknown as Scope;

function referenceRun(key: string, absolute: boolean, position: number): Compiled {
  if (absolute) return (scope) => scope.absolute()?.climb(key, position);
  if (isSpecialName(key)) return (scope) => scope.special(key, position);
  const site = new AttributeSite(key);
  return (scope) => scope.bare(site, position);
}

function selectPart(base: Expression, key: string, position: number): Part {
  const from = part(base, position + 1);
  const run: Compiled = (scope) => selectFrom(from.run(scope), key, scope, position);
  return dynamic(isSpecialName(key) ? run : (shortCut(base, key, position, run) ?? run));
}

/** `MY.name` and `TARGET.name` are the most frequent references of jobs and slots, so they are read without making the ad a value. */
function shortCut(base: Expression, key: string, position: number, long: Compiled): Compiled | undefined {
  if (base.kind !== 'reference' || base.absolute) return undefined;
  const prefix = asciiLower(base.name);
  const special = new AttributeSite(prefix);
  const site = new AttributeSite(key);
  if (prefix === 'my' || prefix === 'self') {
    return (scope) => {
      const value = scope.mine(special, site, position);
      return value === unresolved ? long(scope) : value;
    };
  }
  if (prefix !== 'target' && prefix !== 'other') return undefined;
  return (scope) => {
    const value = scope.others(special, site, position);
    return value === unresolved ? long(scope) : value;
  };
}

function subscriptPart({ base, index }: Subscript, position: number): Part {
  const from = part(base, position + 1);
  const at = part(index, position + 1);
  return dynamic((scope) => subscriptOf(from.run(scope), at.run(scope), scope, position));
}

const unaryOperations = { '-': negate, '+': plus, '!': not, '~': complement };

function unaryPart({ operator, operand }: Unary, position: number): Part {
  const inner = part(operand, position + 1);
  const apply = unaryOperations[operator];
  return folded((scope) => apply(inner.run(scope)), [inner]);
}

function binaryPart({ operator, left, right }: Binary, position: number): Part {
  const a = part(left, position + 1);
  const b = part(right, position + 1);
  return folded(binaryOperation(operator, a.run, b.run), [a, b]);
}

function conditionalPart({ condition: test, yes, no }: Conditional, position: number): Part {
  const tested = part(test, position + 1);
  const whenTrue = part(yes, position + 1);
  const whenFalse = part(no, position + 1);
  const run: Compiled = (scope) => {
    const known = condition(tested.run(scope));
    if (known === undefined || known instanceof ErrorValue) return known;
    return known ? whenTrue.run(scope) : whenFalse.run(scope);
  };
  return folded(run, [tested, whenTrue, whenFalse]);
}

function elvisPart({ left, right }: Elvis, position: number): Part {
  const first = part(left, position + 1);
  const second = part(right, position + 1);
  const run: Compiled = (scope) => {
    const value = first.run(scope);
    return value === undefined ? second.run(scope) : value;
  };
  return folded(run, [first, second]);
}

function callPart({ name, args }: Call, position: number): Part {
  const definition = functionTable.get(asciiLower(name));
  if (definition === undefined) return constant(errorValue(`there is no function ${name}`));
  if (args.length < definition.min || args.length > definition.max) {
    return constant(errorValue(`${name} takes ${arity(definition)}, not ${args.length}`));
  }
  const parts = args.map((argument) => part(argument, position + 1));
  const runs = parts.map((each) => each.run);
  switch (definition.kind) {
    case 'pure':
      return purePart(definition, parts);
    case 'scoped':
      return dynamic((scope) =>
        definition.run(
          runs.map((run) => run(scope)),
          scope,
        ),
      );
    case 'lazy':
      return dynamic((scope) => definition.run(runs, scope, args));
  }
}

type PureDefinition = Extract<FunctionDefinition, { kind: 'pure' }>;

/** Calls with constant arguments are computed once, except for expensive ones, for which each evaluation has to pay. */
function purePart(definition: PureDefinition, parts: readonly Part[]): Part {
  const valuesIn = (scope: Scope): Value[] => parts.map((each) => each.run(scope));
  const costOf = (values: readonly Value[]): number =>
    costOfReading(values) + (definition.cost?.(values) ?? 0);
  if (parts.every((each) => each.constant)) {
    const values = valuesIn(nowhere);
    if (costOf(values) < 1) return constant(definition.run(values));
  }
  return dynamic((scope) => {
    const values = valuesIn(scope);
    if (!scope.spend(costOf(values))) return takesTooLong();
    const made = definition.run(values);
    return scope.spend(costOfMade(made)) ? made : takesTooLong();
  });
}

const takesTooLong = (): ErrorValue => errorValue('this takes too long');

function arity({ min, max }: FunctionDefinition): string {
  if (min === max) return `${min} ${min === 1 ? 'argument' : 'arguments'}`;
  return Number.isFinite(max) ? `${min} to ${max} arguments` : `at least ${min} arguments`;
}

function listPart(items: readonly Expression[]): Part {
  if (items.every((item) => item.kind === 'literal')) return constant(ListValue.written(items, undefined));
  return dynamic((scope) => ListValue.written(items, scope.here));
}

function recordRun({ entries }: RecordExpression): Compiled {
  return (scope) => {
    const ad = scope.ad.empty();
    for (const { name, expression } of entries) ad.set(name, expression);
    ad.lexical = scope.lexical;
    return ad;
  };
}
