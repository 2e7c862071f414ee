import { Real, type RelTime, type Scalar } from './scalar.ts';

export type UnaryOperator = '-' | '+' | '!' | '~';

export type BinaryOperator =
  | '||'
  | '&&'
  | '|'
  | '^'
  | '&'
  | '=='
  | '!='
  | 'is'
  | 'isnt'
  | '<'
  | '<='
  | '>'
  | '>='
  | '<<'
  | '>>'
  | '>>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

interface Node {
  /** How many nodes lie one inside another: 1 for a leaf. Evaluation has a limit on it. */
  readonly depth: number;
  /** The number of its nodes plus the characters of its texts and names: about the size of its printed form. */
  readonly size: number;
}

/** A constant: undefined, error, boolean, number, string or time; lists and ads have nodes of their own. */
export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: Scalar;
  /** A span of time written as `relTime("1:00")` is a real, as in the original, but prints as it was written. */
  readonly span?: RelTime;
}

/** `name`, or `.name` (absolute: looked up in the outermost ad). */
export interface Reference extends Node {
  readonly kind: 'reference';
  readonly name: string;
  readonly absolute: boolean;
}

/** `base.name` */
export interface Select extends Node {
  readonly kind: 'select';
  readonly base: Expression;
  readonly name: string;
}

/** `base[index]` */
export interface Subscript extends Node {
  readonly kind: 'subscript';
  readonly base: Expression;
  readonly index: Expression;
}

export interface Unary extends Node {
  readonly kind: 'unary';
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}

export interface Binary extends Node {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `condition ? yes : no` */
export interface Conditional extends Node {
  readonly kind: 'conditional';
  readonly condition: Expression;
  readonly yes: Expression;
  readonly no: Expression;
}

/** `left ?: right` */
export interface Elvis extends Node {
  readonly kind: 'elvis';
  readonly left: Expression;
  readonly right: Expression;
}

/** Parentheses as the user wrote them, kept so that an expression prints as it was written. */
export interface Parentheses extends Node {
  readonly kind: 'parentheses';
  readonly inner: Expression;
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
}

export interface List extends Node {
  readonly kind: 'list';
  readonly items: readonly Expression[];
}

export interface RecordEntry {
  readonly name: string;
  readonly expression: Expression;
}

/** An ad that is written inside an expression. */
export interface RecordExpression extends Node {
  readonly kind: 'record';
  readonly entries: readonly RecordEntry[];
}

/** A parsed expression. Nodes are immutable, so they may be shared. */
export type Expression =
  | Literal
  | Reference
  | Select
  | Subscript
  | Unary
  | Binary
  | Conditional
  | Elvis
  | Parentheses
  | Call
  | List
  | RecordExpression;

/** The nodes that are operators, and the parentheses that group them. */
export type Operation = Unary | Binary | Conditional | Elvis | Parentheses;

export function literal(value: Scalar): Literal {
  return { kind: 'literal', depth: 1, size: typeof value === 'string' ? 1 + value.length : 1, value };
}

export function writtenSpan(span: RelTime): Literal {
  return { kind: 'literal', depth: 1, size: 1, value: new Real(span.seconds), span };
}

export function reference(name: string, absolute = false): Reference {
  return { kind: 'reference', depth: 1, size: 1 + name.length, name, absolute };
}

export function select(base: Expression, name: string): Select {
  return { kind: 'select', depth: base.depth + 1, size: base.size + 1 + name.length, base, name };
}

export function subscript(base: Expression, index: Expression): Subscript {
  return { kind: 'subscript', ...extent([base, index]), base, index };
}

export function unary(operator: UnaryOperator, operand: Expression): Unary {
  return { kind: 'unary', ...extent([operand]), operator, operand };
}

export function binary(operator: BinaryOperator, left: Expression, right: Expression): Binary {
  return { kind: 'binary', ...extent([left, right]), operator, left, right };
}

export function conditional(condition: Expression, yes: Expression, no: Expression): Conditional {
  return { kind: 'conditional', ...extent([condition, yes, no]), condition, yes, no };
}

export function elvis(left: Expression, right: Expression): Elvis {
  return { kind: 'elvis', ...extent([left, right]), left, right };
}

export function parentheses(inner: Expression): Parentheses {
  return { kind: 'parentheses', ...extent([inner]), inner };
}

export function call(name: string, args: readonly Expression[]): Call {
  return { kind: 'call', ...extent(args, name.length), name, args };
}

export function list(items: readonly Expression[]): List {
  return { kind: 'list', ...extent(items), items };
}

export function record(entries: readonly RecordEntry[]): RecordExpression {
  const names = entries.reduce((sum, { name }) => sum + name.length, 0);
  return {
    kind: 'record',
    ...extent(
      entries.map((entry) => entry.expression),
      names,
    ),
    entries,
  };
}

/** A loop, not `Math.max(...)`: lists may be long, and the argument stack is short. */
function extent(children: readonly Expression[], characters = 0): Node {
  let depth = 0;
  let size = 1 + characters;
  for (const child of children) {
    if (child.depth > depth) depth = child.depth;
    size += child.size;
  }
  return { depth: depth + 1, size };
}
