import type { BinaryOperator, Expression, Literal, Operation, RecordEntry, Select } from './ast.ts';
import { asciiLower, compareNames, isPlainName } from './names.ts';
import { type PrintStyle, printScalar } from './print-scalar.ts';
import { printWrittenSpan } from './print-time.ts';
import { quoteNew } from './string-literal.ts';

/** Strength of what an expression prints as, on the scale of the grammar's binary operators. */
const strengths: Readonly<Record<BinaryOperator, number>> = {
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
      return strengths[expression.operator];
    case 'unary':
      return unaryStrength;
    case 'elvis':
      return elvisStrength;
    default:
      return postfixStrength + 1;
  }
}

/**
 * Prints an expression as text that parses to the same tree: blanks round binary operators, one before each unary
 * operator, parentheses as written and where the tree needs them. `old` prints strings and reals as the line
 * syntax does, and `=?=` for `is`.
 */
export class ExpressionPrinter {
  readonly style: PrintStyle;

  constructor(style: PrintStyle) {
    this.style = style;
  }

  print(expression: Expression): string {
    switch (expression.kind) {
      case 'literal':
        return this.#literal(expression);
      case 'reference':
        return (expression.absolute ? '.' : '') + printName(expression.name);
      case 'select':
        return this.#select(expression);
      case 'subscript':
        return `${this.#operand(expression.base, postfixStrength)}[${this.print(expression.index)}]`;
      case 'call':
        return `${this.#bareName(expression.name)}(${expression.args.map((each) => this.print(each)).join(',')})`;
      case 'list':
        return this.list(expression.items);
      case 'record':
        return this.record(expression.entries);
      default:
        return this.#operation(expression);
    }
  }

  list(items: readonly Expression[]): string {
    return `{ ${items.map((item) => this.print(item)).join(',')} }`;
  }

  record(entries: readonly RecordEntry[]): string {
    return `[ ${this.entries(entries).join('; ')} ]`;
  }

  /** `name = expression`, in the order of the original's memory. */
  protected entries(entries: readonly RecordEntry[]): string[] {
    return [...distinct(entries)]
      .sort((a, b) => compareNames(a.name, b.name))
      .map(({ name, expression }) => `${printName(name)} = ${this.print(expression)}`);
  }

  #literal({ value, span }: Literal): string {
    if (span === undefined) return printScalar(value, this.style);
    const text = this.style === 'wire' ? String(span.seconds) : printWrittenSpan(span);
    return `relTime("${text}")`;
  }

  /** Before a dot a number would swallow it. */
  #select({ base, name }: Select): string {
    const number = base.kind === 'literal' && /^[-.0-9]/.test(this.print(base));
    const text = number ? `(${this.print(base)})` : this.#operand(base, postfixStrength);
    return `${text}.${this.#bareName(name)}`;
  }

  /** After a dot, and before parentheses, the original prints odd names without quotes. */
  #bareName(name: string): string {
    return this.style === 'new' ? name : printName(name);
  }

  #operation(expression: Operation): string {
    switch (expression.kind) {
      case 'unary':
        return ` ${expression.operator}${this.#operand(expression.operand, unaryStrength)}`;
      case 'binary': {
        const own = strengthOf(expression);
        const operator = printOperator(expression.operator, this.style);
        return `${this.#operand(expression.left, own)} ${operator} ${this.#operand(expression.right, own + 1)}`;
      }
      case 'conditional': {
        const test = this.#operand(expression.condition, 1);
        return `${test} ? ${this.print(expression.yes)} : ${this.print(expression.no)}`;
      }
      case 'elvis': {
        const left = this.#operand(expression.left, postfixStrength);
        return `${left} ?: ${this.#operand(expression.right, elvisStrength)}`;
      }
      case 'parentheses':
        return `(${this.print(expression.inner)})`;
    }
  }

  /** `child` in parentheses when it binds less than `least`. */
  #operand(child: Expression, least: number): string {
    const text = this.print(child);
    return strengthOf(child) < least ? `(${text})` : text;
  }
}

function printOperator(operator: BinaryOperator, style: PrintStyle): string {
  if (style !== 'old') return operator;
  if (operator === 'is') return '=?=';
  return operator === 'isnt' ? '=!=' : operator;
}

/** Of a name that stands twice the last expression counts, in the spelling of the first. */
function distinct(entries: readonly RecordEntry[]): Iterable<RecordEntry> {
  const byName = new Map<string, RecordEntry>();
  for (const { name, expression } of entries) {
    const key = asciiLower(name);
    byName.set(key, { name: byName.get(key)?.name ?? name, expression });
  }
  return byName.values();
}

export function printName(name: string): string {
  return isPlainName(name) ? name : quoteNew(name, "'");
}
