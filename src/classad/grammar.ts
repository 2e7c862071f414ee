import {
  type BinaryOperator,
  binary,
  call,
  conditional,
  type Expression,
  elvis,
  list,
  literal,
  parentheses,
  type RecordEntry,
  record,
  reference,
  select,
  subscript,
  type UnaryOperator,
  unary,
  writtenSpan,
} from './ast.ts';
import { cureFor, expected } from './cures.ts';
import { Lexer } from './lexer.ts';
import { asciiLower } from './names.ts';
import { parseAbsTime, parseRelTime } from './parse-time.ts';
import { notPlain, plainConstant } from './plain-constant.ts';
import { sharedText } from './shared-text.ts';
import type { Syntax } from './string-literal.ts';
import { syntaxError } from './syntax-error.ts';
import { RelTime } from './value.ts';

const aliases: Readonly<Record<string, BinaryOperator>> = { '=?=': 'is', '=!=': 'isnt' };

/** How deep constructs may nest while parsing; a bracket and what is in it count thrice, as in the original. */
const parseDepth = 498;
const bracketCost = 2;

/** How deep the finished tree may be: long chains such as `a || b || …` are deep without any nesting. */
const treeDepth = 1000;

/** What takes the entries of a record, in the order of its text. */
interface Entries {
  set(name: string, expression: Expression): void;
}

/**
 * Parses by precedence climbing. The elvis operator is a postfix, stronger than every other operator:
 * `a ?: b + c` is `(a ?: b) + c`, and its right side takes no unary operator.
 */
export class Grammar {
  readonly #lexer: Lexer;
  #depth = 0;

  /** `start`: where in `text` to begin. */
  constructor(text: string, syntax: Syntax = 'new', start = 0) {
    this.#lexer = new Lexer(text, syntax, start);
    this.#lexer.next();
  }

  /** One expression and nothing behind it. */
  wholeExpression(): Expression {
    const expression = this.#expression();
    this.#end('an operator or the end of the expression');
    return expression;
  }

  /** `[ name = expression; … ]` and nothing behind it; the entries are set in `entries`. */
  wholeRecord(entries: Entries): void {
    this.#expect('[', 'an ad, which starts with "["');
    this.#recordBody(entries);
    this.#end('the end of the ad');
  }

  #end(what: string): void {
    if (this.#lexer.type !== 'end') throw this.#unexpected(what);
  }

  #expression(): Expression {
    this.#enter(1);
    const first = this.#binary(1);
    const expression = this.#take('?') ? this.#arms(first) : first;
    this.#leave(1);
    return expression;
  }

  #arms(condition: Expression): Expression {
    const yes = this.#expression();
    this.#expect(':', '":" and the other arm of "? :"');
    return this.#bounded(conditional(condition, yes, this.#expression()));
  }

  #binary(weakest: number): Expression {
    const lexer = this.#lexer;
    let left = this.#unary();
    while (lexer.strength >= weakest) {
      const { operator, strength } = lexer;
      lexer.next();
      const right = this.#binary(strength + 1);
      left = this.#bounded(binary(aliases[operator] ?? (operator as BinaryOperator), left, right));
    }
    return left;
  }

  #unary(): Expression {
    const { operator } = this.#lexer;
    if (!isUnary(operator)) return this.#postfix();
    this.#lexer.next();
    this.#enter(1);
    const operand = this.#unary();
    this.#leave(1);
    return unary(operator, operand);
  }

  #postfix(): Expression {
    let base = this.#primary();
    for (;;) {
      if (this.#take('.')) base = select(base, sharedText(this.#name('an attribute name after "."')));
      else if (this.#take('[')) base = subscript(base, this.#bracketed(']'));
      else if (this.#take('?:')) return this.#elvis(base);
      else return base;
      this.#bounded(base);
    }
  }

  #elvis(left: Expression): Expression {
    this.#enter(1);
    const right = this.#postfix();
    this.#leave(1);
    return elvis(left, right);
  }

  #primary(): Expression {
    switch (this.#lexer.type) {
      case 'literal':
        return this.#literal();
      case 'name':
        return this.#nameOrCall();
      default:
        return this.#opened();
    }
  }

  #opened(): Expression {
    if (this.#take('.')) return reference(sharedText(this.#name('an attribute name after "."')), true);
    if (this.#take('(')) return parentheses(this.#bracketed(')'));
    if (this.#take('{')) return list(this.#items('}', isComma));
    if (this.#take('[')) return this.#record();
    throw this.#unexpected('a value: a number, a string, a name, "(", "{" or "["');
  }

  /** String literals side by side are one string. */
  #literal(): Expression {
    const lexer = this.#lexer;
    let { value } = lexer;
    lexer.next();
    while (typeof value === 'string' && lexer.type === 'literal' && typeof lexer.value === 'string') {
      value += lexer.value;
      lexer.next();
    }
    return literal(value);
  }

  #nameOrCall(): Expression {
    const name = this.#name('a name');
    const { offset } = this.#lexer;
    if (!this.#take('(')) return reference(sharedText(name));
    const args = this.#items(')', isCommaOrSemicolon);
    return this.#writtenTime(name, args, offset) ?? call(name, args);
  }

  /** `absTime("…")` and `relTime("…")` are literals: their text is read here, and must be a time. */
  #writtenTime(name: string, args: readonly Expression[], offset: number): Expression | undefined {
    const [text, ...rest] = args;
    const key = asciiLower(name);
    if (text?.kind !== 'literal' || typeof text.value !== 'string' || rest.length > 0) return undefined;
    if (key === 'abstime') {
      const instant = parseAbsTime(text.value);
      if (instant !== undefined) return literal(instant);
      const cure = 'write absTime("2020-01-31T12:00:00Z")';
      throw syntaxError(this.#lexer.source, offset, 'this is not a point in time', cure);
    }
    if (key !== 'reltime') return undefined;
    const seconds = parseRelTime(text.value);
    if (seconds !== undefined) return writtenSpan(new RelTime(seconds));
    throw syntaxError(
      this.#lexer.source,
      offset,
      'this is not a span of time',
      'write relTime("1+12:00:00")',
    );
  }

  #items(close: string, isSeparator: (operator: string) => boolean): Expression[] {
    const items: Expression[] = [];
    if (this.#take(close)) return items;
    this.#enter(bracketCost);
    items.push(this.#expression());
    while (isSeparator(this.#lexer.operator)) {
      this.#lexer.next();
      items.push(this.#expression());
    }
    this.#expect(close, `"," or "${close}"`);
    this.#leave(bracketCost);
    return items;
  }

  #record(): Expression {
    const entries: RecordEntry[] = [];
    this.#enter(bracketCost);
    this.#recordBody({ set: (name, expression) => entries.push({ name, expression }) });
    this.#leave(bracketCost);
    return record(entries);
  }

  #recordBody(entries: Entries): void {
    const lexer = this.#lexer;
    const leading = this.#skipSemicolons();
    if (lexer.operator === ']' && leading) throw this.#unexpected('an attribute name');
    while (!this.#take(']')) {
      if (lexer.quoted && lexer.name === '' && lexer.type === 'name')
        throw this.#unexpected('an attribute name');
      const name = this.#name('an attribute name or "]"');
      if (!this.#take('=')) throw this.#unexpected(`"=" after the attribute name ${name}`);
      entries.set(name, this.#expression());
      if (!this.#skipSemicolons() && lexer.operator !== ']') throw this.#unexpected('";" or "]"');
    }
  }

  #skipSemicolons(): boolean {
    const some = this.#lexer.operator === ';';
    while (this.#take(';'));
    return some;
  }

  #bracketed(close: string): Expression {
    this.#enter(bracketCost);
    const expression = this.#expression();
    if (!this.#take(close)) throw this.#unexpected(`an operator or "${close}"`);
    this.#leave(bracketCost);
    return expression;
  }

  #name(what: string): string {
    const { type, name } = this.#lexer;
    if (type !== 'name') throw this.#unexpected(what);
    this.#lexer.next();
    return name;
  }

  #take(operator: string): boolean {
    if (this.#lexer.operator !== operator) return false;
    this.#lexer.next();
    return true;
  }

  #expect(operator: string, what: string): void {
    if (!this.#take(operator)) throw this.#unexpected(what);
  }

  /** Notes that something nested begins. */
  #enter(cost: number): void {
    this.#depth += cost;
    if (this.#depth > parseDepth) throw this.#tooDeep();
  }

  #leave(cost: number): void {
    this.#depth -= cost;
  }

  #bounded(expression: Expression): Expression {
    if (expression.depth > treeDepth) throw this.#tooDeep();
    return expression;
  }

  #tooDeep() {
    const cure = 'split it into several attributes, or compare with a list by member()';
    return syntaxError(this.#lexer.source, this.#lexer.offset, 'the expression nests too deep', cure);
  }

  #unexpected(what: string) {
    const { source, offset } = this.#lexer;
    const message = expected(what, this.#lexer, source);
    return syntaxError(source, offset, message, cureFor(this.#lexer.before(), this.#lexer));
  }
}

function isUnary(operator: string): operator is UnaryOperator {
  return operator === '-' || operator === '+' || operator === '!' || operator === '~';
}

const isComma = (operator: string): boolean => operator === ',';
const isCommaOrSemicolon = (operator: string): boolean => operator === ',' || operator === ';';

/**
 * Parses one expression of the new syntax.
 *
 * @throws GlideinError `InvalidExpression` with the place, what was expected there, and a cure for common slips.
 */
export function parseExpression(text: string): Expression {
  const constant = plainConstant(text);
  return constant === notPlain ? new Grammar(text).wholeExpression() : literal(constant);
}
