import type { Expression, Operation, RecordEntry } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { asciiLower, compareNames, isPlainName } from './names.ts';
import { printReal, printRealExact, printRealOld } from './print-real.ts';
import { printAbsTime, printRelTime } from './print-time.ts';
import { quoteNew, quoteOld, type Syntax } from './string-literal.ts';
import { AbsTime, ErrorValue, isClassAd, ListValue, Real, type Scalar, type Value } from './value.ts';

/**
 * `new` and `old` as the original prints them, which cuts reals to 16 digits; `wire` is the new syntax with reals
 * that read back exactly.
 */
export type PrintStyle = Syntax | 'wire';

const realPrinters = { new: printReal, old: printRealOld, wire: printRealExact };

/** A value as the original library prints it: `1.500000000000000E+00`, `"\303\251"`, `{ 1,2 }`, `[ a = 1 ]`. */
export function printValue(value: Value, style: PrintStyle = 'new'): string {
  if (value instanceof ListValue) return printList(value, style);
  return isClassAd(value) ? printRecord([...value.attributes()], style) : printScalar(value, style);
}

function printScalar(value: Scalar, style: PrintStyle): string {
  if (typeof value === 'string') return style === 'old' ? quoteOld(value) : quoteNew(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Real) return realPrinters[style](value.value);
  if (value instanceof ErrorValue) return 'error';
  if (value instanceof AbsTime) return `absTime("${printAbsTime(value)}")`;
  return `relTime("${printRelTime(value)}")`;
}

function printList(value: ListValue, style: PrintStyle): string {
  const items =
    value.expressions === undefined
      ? value.values().map((item) => printValue(item, style))
      : value.expressions.map((item) => printExpression(item, style));
  return `{ ${items.join(',')} }`;
}

/** Attributes in the order of the original's memory; of a name that stands twice the last counts. */
function printRecord(entries: readonly RecordEntry[], style: PrintStyle): string {
  const last = new Map(entries.map((entry) => [asciiLower(entry.name), entry]));
  const sorted = [...last.values()].sort((a, b) => compareNames(a.name, b.name));
  const body = sorted.map(
    (entry) => `${printName(entry.name)} = ${printExpression(entry.expression, style)}`,
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
export function printExpression(expression: Expression, style: PrintStyle = 'new'): string {
  switch (expression.kind) {
    case 'literal':
      return printScalar(expression.value, style);
    case 'reference':
      return (expression.absolute ? '.' : '') + printName(expression.name);
    case 'select':
      return `${printBase(expression.base, style)}.${printName(expression.name)}`;
    case 'subscript': {
      const index = printExpression(expression.index, style);
      return `${printOperand(expression.base, postfixStrength, style)}[${index}]`;
    }
    case 'call':
      return `${printName(expression.name)}(${printAll(expression.args, style)})`;
    case 'list':
      return `{ ${printAll(expression.items, style)} }`;
    case 'record':
      return printRecord(expression.entries, style);
    default:
      return printOperation(expression, style);
  }
}

function printOperation(expression: Operation, style: PrintStyle): string {
  const print = (child: Expression, least: number): string => printOperand(child, least, style);
  switch (expression.kind) {
    case 'unary':
      return ` ${expression.operator}${print(expression.operand, unaryStrength)}`;
    case 'binary': {
      const own = strengthOf(expression);
      const operator = printOperator(expression.operator, style);
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
function printOperand(child: Expression, least: number, style: PrintStyle): string {
  const text = printExpression(child, style);
  return strengthOf(child) < least ? `(${text})` : text;
}

/** Before a dot a number would swallow it. */
function printBase(base: Expression, style: PrintStyle): string {
  const number = base.kind === 'literal' && /^[-.0-9]/.test(printExpression(base, style));
  return number ? `(${printExpression(base, style)})` : printOperand(base, postfixStrength, style);
}

function printAll(expressions: readonly Expression[], style: PrintStyle): string {
  return expressions.map((each) => printExpression(each, style)).join(',');
}

function printOperator(operator: string, style: PrintStyle): string {
  if (style !== 'old') return operator;
  if (operator === 'is') return '=?=';
  return operator === 'isnt' ? '=!=' : operator;
}

/** An ad on one line (`new`), or one attribute a line, sorted by name (`old`, as `condor_q -long`). */
export function printAd(ad: AttributeTable, style: PrintStyle): string {
  if (style !== 'old') return printRecord([...ad.attributes()], style);
  const lines = [...ad.attributes()]
    .sort((a, b) => (asciiLower(a.name) < asciiLower(b.name) ? -1 : 1))
    .map(({ name, expression }) => `${printName(name)} = ${printExpression(expression, 'old')}\n`);
  return lines.join('');
}
