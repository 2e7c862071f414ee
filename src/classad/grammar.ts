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
import { Lexer, type Token } from './lexer.ts';
import { asciiLower } from './names.ts';
import { parseAbsTime, parseRelTime } from './parse-time.ts';
import type { Syntax } from './string-literal.ts';
import { syntaxError } from './syntax-error.ts';
import { errorValue, RelTime } from './value.ts';

/** Binary operators by their strength; all group to the left. */
const strengths: ReadonlyMap<string, number> = new Map(
  [
    ['||'],
    ['&&'],
    ['|'],
    ['^'],
    ['&'],
    ['==', '!=', '=?=', '=!=', 'is', 'isnt'],
    ['<', '<=', '>', '>='],
    ['<<', '>>', '>>>'],
    ['+', '-'],
    ['*', '/', '%'],
  ].flatMap((operators, strength) => operators.map((operator): [string, number] => [operator, strength + 1])),
);

const aliases: Readonly<Record<string, BinaryOperator>> = { '=?=': 'is', '=!=': 'isnt' };

/** How deep constructs may nest while parsing; a bracket and what is in it count thrice, as in the original. */
const parseDepth = 498;
const bracketCost = 2;

/** How deep the finished tree may be: long chains such as `a || b || …` are deep without any nesting. */
const treeDepth = 1000;

const errorLiteral = errorValue('the literal error');

/**
 * Parses by precedence climbing. The elvis operator is a postfix, stronger than every other operator:
 * `a ?: b + c` is `(a ?: b) + c`, and its right side takes no unary operator.
 */
export class Grammar {
  readonly #lexer: Lexer;
  #token: Token;
  #previous: Token | undefined;
  #depth = 0;

  constructor(text: string, syntax: Syntax = 'new') {
    this.#lexer = new Lexer(text, syntax, errorLiteral);
    this.#token = this.#lexer.next();
  }

  /** One expression and nothing behind it. */
  wholeExpression(): Expression {
    const expression = this.expression();
    this.end('an operator or the end of the expression');
    return expression;
  }

  /** `[ name = expression; … ]` and nothing behind it. */
  wholeRecord(): readonly RecordEntry[] {
    this.#expect('[', 'an ad, which starts with "["');
    const entries = this.#recordBody();
    this.end('the end of the ad');
    return entries;
  }

  end(what: string): void {
    if (this.#token.type !== 'end') throw this.#unexpected(what);
  }

  expression(): Expression {
    return this.#nested(1, () => {
      const condition = this.#binary(1);
      if (!this.#take('?')) return condition;
      const yes = this.expression();
      this.#expect(':', '":" and the other arm of "? :"');
      return this.#bounded(conditional(condition, yes, this.expression()));
    });
  }

  #binary(strength: number): Expression {
    let left = this.#unary();
    for (;;) {
      const text = this.#token.type === 'operator' ? this.#token.text : '';
      const own = strengths.get(text);
      if (own === undefined || own < strength) return left;
      this.#advance();
      left = this.#bounded(binary(aliases[text] ?? (text as BinaryOperator), left, this.#binary(own + 1)));
    }
  }

  #unary(): Expression {
    const { type, text } = this.#token;
    if (type !== 'operator' || !['-', '+', '!', '~'].includes(text)) return this.#postfix();
    this.#advance();
    return this.#nested(1, () => unary(text as UnaryOperator, this.#unary()));
  }

  #postfix(): Expression {
    let base = this.#primary();
    for (;;) {
      if (this.#take('.')) base = select(base, this.#name('an attribute name after "."'));
      else if (this.#take('['))
        base = subscript(
          base,
          this.#bracketed(() => this.expression(), ']'),
        );
      else if (this.#take('?:')) return this.#elvis(base);
      else return base;
      this.#bounded(base);
    }
  }

  #elvis(left: Expression): Expression {
    return this.#nested(1, () => elvis(left, this.#postfix()));
  }

  #primary(): Expression {
    const token = this.#token;
    if (token.type === 'literal') return this.#literal();
    if (token.type === 'name') return this.#nameOrCall();
    if (this.#take('.')) return reference(this.#name('an attribute name after "."'), true);
    if (this.#take('(')) return parentheses(this.#bracketed(() => this.expression(), ')'));
    if (this.#take('{')) return list(this.#nested(bracketCost, () => this.#items('}', [','])));
    if (this.#take('[')) return record(this.#nested(bracketCost, () => this.#recordBody()));
    throw this.#unexpected('a value: a number, a string, a name, "(", "{" or "["');
  }

  /** String literals side by side are one string. */
  #literal(): Expression {
    const token = this.#token;
    if (token.type !== 'literal') throw this.#unexpected('a literal');
    this.#advance();
    let value = token.value;
    while (
      typeof value === 'string' &&
      this.#token.type === 'literal' &&
      typeof this.#token.value === 'string'
    ) {
      value += this.#token.value;
      this.#advance();
    }
    return literal(value);
  }

  #nameOrCall(): Expression {
    const name = this.#name('a name');
    const { offset } = this.#token;
    if (!this.#take('(')) return reference(name);
    const args = this.#nested(bracketCost, () => this.#items(')', [',', ';']));
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
      throw syntaxError(
        this.#lexer.text,
        offset,
        'this is not a point in time',
        'write absTime("2020-01-31T12:00:00Z")',
      );
    }
    if (key !== 'reltime') return undefined;
    const seconds = parseRelTime(text.value);
    if (seconds !== undefined) return writtenSpan(new RelTime(seconds));
    throw syntaxError(this.#lexer.text, offset, 'this is not a span of time', 'write relTime("1+12:00:00")');
  }

  #items(close: string, separators: readonly string[]): Expression[] {
    const items: Expression[] = [];
    if (this.#take(close)) return items;
    do items.push(this.expression());
    while (separators.some((separator) => this.#take(separator)));
    this.#expect(close, `"," or "${close}"`);
    return items;
  }

  #recordBody(): RecordEntry[] {
    const entries: RecordEntry[] = [];
    const leading = this.#skipSemicolons();
    if (this.#token.text === ']' && leading) throw this.#unexpected('an attribute name');
    while (!this.#take(']')) {
      const name = this.#name('an attribute name or "]"');
      this.#expect('=', `"=" after the attribute name ${name}`);
      entries.push({ name, expression: this.expression() });
      if (this.#token.text !== ']' && !this.#skipSemicolons()) throw this.#unexpected('";" or "]"');
    }
    return entries;
  }

  #skipSemicolons(): boolean {
    const some = this.#token.text === ';';
    while (this.#take(';'));
    return some;
  }

  #bracketed(inner: () => Expression, close: string): Expression {
    return this.#nested(bracketCost, () => {
      const expression = inner();
      this.#expect(close, `an operator or "${close}"`);
      return expression;
    });
  }

  #name(what: string): string {
    const token = this.#token;
    if (token.type !== 'name') throw this.#unexpected(what);
    this.#advance();
    return token.text;
  }

  #take(text: string): boolean {
    if (this.#token.type !== 'operator' || this.#token.text !== text) return false;
    this.#advance();
    return true;
  }

  #expect(text: string, what: string): void {
    if (!this.#take(text)) throw this.#unexpected(what);
  }

  #advance(): void {
    this.#previous = this.#token;
    this.#token = this.#lexer.next();
  }

  #nested<T>(cost: number, parse: () => T): T {
    this.#depth += cost;
    if (this.#depth > parseDepth) throw this.#tooDeep();
    const result = parse();
    this.#depth -= cost;
    return result;
  }

  #bounded(expression: Expression): Expression {
    if (expression.depth > treeDepth) throw this.#tooDeep();
    return expression;
  }

  #tooDeep() {
    const cure = 'split it into several attributes, or compare with a list by member()';
    return syntaxError(this.#lexer.text, this.#token.offset, 'the expression nests too deep', cure);
  }

  #unexpected(what: string) {
    const message = expected(what, this.#token, this.#lexer.text);
    const cure = cureFor(this.#previous, this.#token);
    return syntaxError(this.#lexer.text, this.#token.offset, message, cure);
  }
}

/**
 * Parses one expression of the new syntax.
 *
 * @throws GlideinError `InvalidExpression` with the place, what was expected there, and a cure for common slips.
 */
export function parseExpression(text: string): Expression {
  return new Grammar(text).wholeExpression();
}
