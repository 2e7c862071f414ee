import { blank, classAt, digit, nameEnd, nameStart, other, slash } from './character-class.ts';
import { anyNumber, plainNumber } from './number-literal.ts';
import { operatorAt, wordStrength } from './operator-text.ts';
import { errorValue, type Scalar } from './scalar.ts';
import { sharedText } from './shared-text.ts';
import { newStringEnd, oldStringEnd, type Syntax, unescapeNew, unescapeOld } from './string-literal.ts';
import { syntaxError } from './syntax-error.ts';

export type TokenType = 'name' | 'literal' | 'operator' | 'end';

/** A piece of an expression, from `offset` (counted from 0) to before `end`. */
export interface Token {
  readonly type: TokenType;
  /** Of a name; and whether it stands between single quotes. */
  readonly name: string;
  readonly quoted: boolean;
  /** Of a literal. */
  readonly value: Scalar;
  /** An operator or a bracket; empty when it is none. */
  readonly operator: string;
  readonly offset: number;
  readonly end: number;
}

const literals: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ['true', true],
  ['false', false],
  ['undefined', undefined],
  ['error', errorValue('the literal error')],
]);

/**
 * Reads `source` token by token, after {@link Lexer.next}. The lexer itself is the current token, so that none has to be made;
 * the last one is the end.
 */
export class Lexer implements Token {
  readonly source: string;
  type: TokenType = 'end';
  name = '';
  quoted = false;
  value: Scalar = undefined;
  operator = '';
  offset: number;
  end: number;
  /** How strongly this token binds as a binary operator; 0 when it is none. */
  strength = 0;
  readonly #syntax: Syntax;
  readonly #start: number;

  /** `start`: where in `source` to begin. */
  constructor(source: string, syntax: Syntax, start = 0) {
    this.source = source;
    this.#syntax = syntax;
    this.#start = start;
    this.offset = start;
    this.end = start;
  }

  next(): void {
    const at = this.#skipBlanks();
    this.offset = at;
    switch (classAt(this.source, at)) {
      case nameStart:
        this.#word(at);
        break;
      case digit:
        this.#number(at, at);
        break;
      case other:
        this.#other(at);
        break;
      default:
        this.#readOperator(at);
    }
  }

  /** The token before this one. It is found by reading again, since only errors ask for it. */
  before(): Token | undefined {
    const again = new Lexer(this.source, this.#syntax, this.#start);
    let token: Token | undefined;
    for (again.next(); again.offset < this.offset; again.next()) token = again.#copy();
    return token;
  }

  #copy(): Token {
    const { type, name, quoted, value, operator, offset, end } = this;
    return { type, name, quoted, value, operator, offset, end };
  }

  #skipBlanks(): number {
    const { source } = this;
    for (let at = this.end; ; ) {
      const kind = classAt(source, at);
      if (kind === blank) at += 1;
      else if (kind === slash && isComment(source, at)) at = commentEnd(source, at);
      else return at;
    }
  }

  #other(at: number): void {
    const { source } = this;
    const first = source.charAt(at);
    if (first === '') this.#set('end', at);
    else if (first === '"' || first === "'") this.#quoted(first, at);
    else if (first === '-') this.#minus(at);
    else if (first === '.' && classAt(source, at + 1) === digit) this.#number(at, at);
    else this.#readOperator(at);
  }

  #minus(at: number): void {
    const { source } = this;
    const first = source.charAt(at + 1) === '.' ? at + 2 : at + 1;
    const isSign = classAt(source, first) === digit && !this.#endsOperand();
    if (isSign) this.#number(at, at + 1);
    else this.#readOperator(at);
  }

  /** Whether the token before ends an operand (it is still the current one): then a `-` is a subtraction and not a sign. */
  #endsOperand(): boolean {
    const { type, operator } = this;
    if (type === 'operator') return operator === ')' || operator === ']' || operator === '}';
    return type !== 'end';
  }

  #word(at: number): void {
    const end = nameEnd(this.source, at);
    const text = this.source.slice(at, end);
    const { length } = text;
    // Most names are longer than `error` or shorter than `is`; `undefined` has nine letters.
    if ((length > 5 && length !== 9) || length < 2) this.#named(text, end);
    else this.#wordOrName(text, end);
  }

  #wordOrName(text: string, end: number): void {
    const key = text.toLowerCase();
    if (key === 'is' || key === 'isnt') this.#operator(key, end, wordStrength);
    else if (literals.has(key)) this.#literal(literals.get(key), end);
    else this.#named(text, end);
  }

  #quoted(quote: '"' | "'", at: number): void {
    const { source } = this;
    const old = this.#syntax === 'old' && quote === '"';
    const end = old ? oldStringEnd(source, at) : newStringEnd(source, at, quote);
    if (end < 0) {
      const what = quote === '"' ? 'string' : 'quoted name';
      throw syntaxError(source, at, `this ${what} has no end`, `close it with ${quote}`);
    }
    const raw = source.slice(at + 1, end);
    const text = old ? unescapeOld(raw) : unescapeNew(raw);
    if (text === undefined) {
      throw syntaxError(source, at, 'a string cannot hold the byte zero', 'leave "\\0" out');
    }
    if (quote === '"') this.#literal(sharedText(text), end + 1);
    else this.#named(text, end + 1, true);
  }

  /** A number from its sign or first digit on; `digits` is where its digits begin. */
  #number(at: number, digits: number): void {
    const { value, end } = plainNumber(this.source, digits, digits > at) ?? anyNumber(this.source, at);
    this.#literal(value, end);
  }

  #readOperator(at: number): void {
    const { source } = this;
    const operator = operatorAt(source, at);
    if (operator === undefined) {
      const found = String.fromCodePoint(source.codePointAt(at) ?? 0);
      throw syntaxError(source, at, `the character ${JSON.stringify(found)} has no meaning here`);
    }
    const { text, strength } = operator;
    const elvisEnd = text === '?' ? elvisEndAt(source, at) : -1;
    if (elvisEnd > 0) this.#operator('?:', elvisEnd, 0);
    else this.#operator(text, at + text.length, strength);
  }

  #operator(operator: string, end: number, strength: number): void {
    this.#set('operator', end);
    this.operator = operator;
    this.strength = strength;
  }

  #named(name: string, end: number, quoted = false): void {
    this.#set('name', end);
    this.name = name;
    this.quoted = quoted;
  }

  #literal(value: Scalar, end: number): void {
    this.#set('literal', end);
    this.value = value;
  }

  #set(type: TokenType, end: number): void {
    this.type = type;
    this.end = end;
    this.operator = '';
    this.strength = 0;
  }
}

function isComment(text: string, at: number): boolean {
  const second = text.charAt(at + 1);
  return second === '/' || second === '*';
}

function commentEnd(text: string, at: number): number {
  if (text.charAt(at + 1) === '/') {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  const end = text.indexOf('*/', at + 2);
  if (end < 0) throw syntaxError(text, at, 'this comment has no end', 'close it with */');
  return end + 2;
}

/** The elvis operator may have blanks inside. */
function elvisEndAt(text: string, at: number): number {
  let end = at + 1;
  while (classAt(text, end) === blank) end += 1;
  return text.charAt(end) === ':' ? end + 1 : -1;
}
