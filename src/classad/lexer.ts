import { asciiLower, reservedWords } from './names.ts';
import { integer, Real, type Scalar } from './scalar.ts';
import { type Syntax, unescapeNew, unescapeOld } from './string-literal.ts';
import { syntaxError } from './syntax-error.ts';

/** A piece of an expression; `offset` counts from 0 into the text. */
export type Token =
  | { readonly type: 'name'; readonly text: string; readonly quoted: boolean; readonly offset: number }
  | { readonly type: 'literal'; readonly value: Scalar; readonly text: string; readonly offset: number }
  | { readonly type: 'operator'; readonly text: string; readonly offset: number }
  | { readonly type: 'end'; readonly text: ''; readonly offset: number };

const blank = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /-?(?:[0-9]*\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
/** The elvis operator may have blanks inside. */
const operator = /\?\s*:|=\?=|=!=|==|!=|<=|>=|>>>|<<|>>|\|\||&&|[-+*/%!~|^&<>?:.,;=()[\]{}]/y;
/** More digits than any number of 64 bits has. */
const mostDigits = 25;

const constants: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ['true', true],
  ['false', false],
  ['undefined', undefined],
]);

/** Splits `text` from `start`; the last token is the end. `errorLiteral` is what the word `error` means. */
export class Lexer {
  readonly text: string;
  readonly #syntax: Syntax;
  readonly #errorLiteral: Scalar;
  #at = 0;
  /** Whether the last token ends an operand: then a `-` is a subtraction and no sign. */
  #afterOperand = false;

  constructor(text: string, syntax: Syntax, errorLiteral: Scalar) {
    this.text = text;
    this.#syntax = syntax;
    this.#errorLiteral = errorLiteral;
  }

  next(): Token {
    this.#match(blank);
    const token = this.#read();
    this.#afterOperand =
      token.type === 'name' || token.type === 'literal' || [')', ']', '}'].includes(token.text);
    return token;
  }

  #read(): Token {
    const offset = this.#at;
    if (offset >= this.text.length) return { type: 'end', text: '', offset };
    const first = this.text.charAt(offset);
    if (first === '"' || first === "'") return this.#quoted(first, offset);
    const found = this.#match(word);
    if (found !== undefined) return this.#word(found, offset);
    return this.#number(offset) ?? this.#operator(offset);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found[1] ?? found[0];
  }

  #word(text: string, offset: number): Token {
    const key = asciiLower(text);
    if (!reservedWords.has(key)) return { type: 'name', text, quoted: false, offset };
    if (key === 'is' || key === 'isnt') return { type: 'operator', text: key, offset };
    const value = key === 'error' ? this.#errorLiteral : constants.get(key);
    return { type: 'literal', value, text, offset };
  }

  #quoted(quote: '"' | "'", offset: number): Token {
    const old = this.#syntax === 'old' && quote === '"';
    const end = old ? oldStringEnd(this.text, offset) : newStringEnd(this.text, offset, quote);
    if (end === undefined) {
      const what = quote === '"' ? 'string' : 'quoted name';
      throw syntaxError(this.text, offset, `this ${what} has no end`, `close it with ${quote}`);
    }
    this.#at = end + 1;
    const raw = this.text.slice(offset + 1, end);
    const text = old ? unescapeOld(raw) : unescapeNew(raw);
    if (text === undefined) {
      throw syntaxError(this.text, offset, 'a string cannot hold the byte zero', 'leave "\\0" out');
    }
    if (quote === "'") return { type: 'name', text, quoted: true, offset };
    return { type: 'literal', value: text, text: this.text.slice(offset, this.#at), offset };
  }

  #number(offset: number): Token | undefined {
    const first = this.text.charAt(offset);
    if (first === '-' && (this.#afterOperand || !/^-\.?[0-9]/.test(this.text.slice(offset, offset + 3)))) {
      return undefined;
    }
    const text = this.#match(number);
    if (text === undefined) return undefined;
    this.#checkNumber(text, offset);
    return { type: 'literal', value: numberValue(text), text, offset };
  }

  #checkNumber(text: string, offset: number): void {
    const following = this.text.slice(this.#at, this.#at + 2);
    if (following.startsWith('.')) {
      throw syntaxError(this.text, offset, 'a real number needs digits after the dot', `write ${text}.0`);
    }
    // After a sign the original lets zeros pass, unless an 8 or a 9 shows that they would not be octal.
    if (/^(?:0[0-9]+|-0[0-7]*[89][0-9]*)$/.test(text)) {
      const cure = `write ${String(Number(text))}`;
      throw syntaxError(this.text, offset, 'a number does not start with a zero', cure);
    }
    if (/^[xX][0-9a-fA-F]/.test(following)) {
      throw syntaxError(this.text, offset, 'there are no hexadecimal numbers', 'write it in decimal');
    }
    if (/^[eE](?![A-Za-z_])/.test(following)) {
      throw syntaxError(this.text, offset, 'the exponent of this number has no digits');
    }
  }

  #operator(offset: number): Token {
    if (this.text.startsWith('/*', offset)) {
      throw syntaxError(this.text, offset, 'this comment has no end', 'close it with */');
    }
    const text = this.#match(operator);
    if (text !== undefined)
      return { type: 'operator', text: text.startsWith('?') ? elvisOr(text) : text, offset };
    const found = String.fromCodePoint(this.text.codePointAt(offset) ?? 0);
    throw syntaxError(this.text, offset, `the character ${JSON.stringify(found)} has no meaning here`);
  }
}

/** The quote that ends the string which begins at `offset`: the first that no odd number of backslashes stands before. */
function newStringEnd(text: string, offset: number, quote: string): number | undefined {
  for (let end = text.indexOf(quote, offset + 1); end >= 0; end = text.indexOf(quote, end + 1)) {
    let backslashes = 0;
    while (text.charAt(end - backslashes - 1) === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return undefined;
}

/** In the line syntax `\"` is no escape where the value ends with it: paths may end in a backslash. */
function oldStringEnd(text: string, offset: number): number | undefined {
  const last = text.trimEnd().length - 1;
  for (let end = text.indexOf('"', offset + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    if (text.charAt(end - 1) !== '\\' || end === last) return end;
  }
  return undefined;
}

function elvisOr(text: string): string {
  return text.length > 1 ? '?:' : '?';
}

/** Integers beyond 64 bits silently become 0, as in the original. */
function numberValue(text: string): Scalar {
  if (/[.eE]/.test(text)) return new Real(Number(text));
  const small = Number(text);
  if (Number.isSafeInteger(small)) return small + 0;
  if (text.length > mostDigits && !/^-?0/.test(text)) return 0;
  const big = BigInt(text);
  return BigInt.asIntN(64, big) === big ? integer(big) : 0;
}
