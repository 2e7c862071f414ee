import type { Expression, Operation, RecordEntry } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { asciiLower, compareNames, isPlainName } from './names.ts';
import { printReal, printRealOld } from './print-real.ts';
import { printAbsTime, printRelTime } from './print-time.ts';
import { quoteNew, quoteOld, type Syntax } from './string-literal.ts';
import { AbsTime, ErrorValue, isClassAd, ListValue, Real, type Scalar, type Value } from './value.ts';

/** A value as the original library prints it: `1.500000000000000E+00`, `"\303\251"`, `{ 1,2 }`, `[ a = 1 ]`. */
export function printValue(value: Value, syntax: Syntax = 'new'): string {
  if (value instanceof ListValue) return printList(value, syntax);
  return isClassAd(value) ? printRecord([...value.attributes()], syntax) : printScalar(value, syntax);
}

function printScalar(value: Scalar, syntax: Syntax): string {
  if (typeof value === 'string') return syntax === 'old' ? quoteOld(value) : quoteNew(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Real) return syntax === 'old' ? printRealOld(value.value) : printReal(value.value);
  if (value instanceof ErrorValue) return 'error';
  if (value instanceof AbsTime) return `absTime("${printAbsTime(value)}")`;
  return `relTime("${printRelTime(value)}")`;
}

function printList(value: ListValue, syntax: Syntax): string {
  const items =
    value.expressions === undefined
      ? value.values().map((item) => printValue(item, syntax))
      : value.expressions.map((item) => printExpression(item, syntax));
  return `{ ${items.join(',')} }`;
}

/** Attributes in the order of the original's memory; of a name that stands twice the last counts. */
function printRecord(entries: readonly RecordEntry[], syntax: Syntax): string {
  const last = new Map(entries.map((entry) => [asciiLower(entry.name), entry]));
  const sorted = [...last.values()].sort((a, b) => compareNames(a.name, b.name));
  const body = sorted.map(
    (entry) => `${printName(entry.name)} = ${printExpression(entry.expression, syntax)}`,
  );
  return `[ ${body.join('; ')} ]`;
}

export function printName(name: string): string {
  return isPlainName(name) ? name : quoteNew(name, "'");
}

/** Strength of what an expression prints as, on the scale of the grammar's binary operators. */
const strengths: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  is: 6,
  isnt: 6,
  '<': 7,
  '<=': 7,
  '>': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '>>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};
const unaryStrength = 11;
const elvisStrength = 12;
const postfixStrength = 13;

function strengthOf(expression: Expression): number {
  switch (expression.kind) {
    case 'conditional':
      return 0;
    case 'binary':
      return strengths[expression.operator] ?? 0;
    case 'unary':
      return unaryStrength;
    case 'elvis':
      return elvisStrength;
    default:
      return postfixStrength + 1;
  }
}

/**
 * An expression as text that parses to the same tree: blanks round binary operators, one before each unary
 * operator, parentheses as written and where the tree needs them. `old` prints strings and reals as the line
 * syntax does, and `=?=` for `is`.
 */
export function printExpression(expression: Expression, syntax: Syntax = 'new'): string {
  switch (expression.kind) {
    case 'literal':
      return printScalar(expression.value, syntax);
    case 'reference':
      return (expression.absolute ? '.' : '') + printName(expression.name);
    case 'select':
      return `${printOperand(expression.base, postfixStrength, syntax)}.${printName(expression.name)}`;
    case 'subscript': {
      const index = printExpression(expression.index, syntax);
      return `${printOperand(expression.base, postfixStrength, syntax)}[${index}]`;
    }
    case 'call':
      return `${printName(expression.name)}(${printAll(expression.args, syntax)})`;
    case 'list':
      return `{ ${printAll(expression.items, syntax)} }`;
    case 'record':
      return printRecord(expression.entries, syntax);
    default:
      return printOperation(expression, syntax);
  }
}

function printOperation(expression: Operation, syntax: Syntax): string {
  const print = (child: Expression, least: number): string => printOperand(child, least, syntax);
  switch (expression.kind) {
    case 'unary':
      return ` ${expression.operator}${print(expression.operand, unaryStrength)}`;
    case 'binary': {
      const own = strengthOf(expression);
      const operator = printOperator(expression.operator, syntax);
      return `${print(expression.left, own)} ${operator} ${print(expression.right, own + 1)}`;
    }
    case 'conditional':
      return `${print(expression.condition, 1)} ? ${print(expression.yes, 0)} : ${print(expression.no, 0)}`;
    case 'elvis':
      return `${print(expression.left, postfixStrength)} ?: ${print(expression.right, elvisStrength)}`;
    case 'parentheses':
      return `(${print(expression.inner, 0)})`;
  }
}

/** `child` in parentheses when it binds less than `least`. */
function printOperand(child: Expression, least: number, syntax: Syntax): string {
  const text = printExpression(child, syntax);
  return strengthOf(child) < least ? `(${text})` : text;
}

function printAll(expressions: readonly Expression[], syntax: Syntax): string {
  return expressions.map((each) => printExpression(each, syntax)).join(',');
}

function printOperator(operator: string, syntax: Syntax): string {
  if (syntax === 'new') return operator;
  if (operator === 'is') return '=?=';
  return operator === 'isnt' ? '=!=' : operator;
}

/** An ad on one line (`new`), or one attribute a line, sorted by name (`old`, as `condor_q -long`). */
export function printAd(ad: AttributeTable, syntax: Syntax): string {
  if (syntax === 'new') return printRecord([...ad.attributes()], syntax);
  const lines = [...ad.attributes()]
    .sort((a, b) => (asciiLower(a.name) < asciiLower(b.name) ? -1 : 1))
    .map(({ name, expression }) => `${printName(name)} = ${printExpression(expression, 'old')}\n`);
  return lines.join('');
}
