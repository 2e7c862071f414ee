import { blank, classAt, digit, digitsEnd, nameEnd, nameStart, single } from './character-class.ts';
import { asciiLower } from './names.ts';
import { integer, Real, type Scalar } from './scalar.ts';
import { sharedText } from './shared-text.ts';
import { type Syntax, unescapeNew, unescapeOld } from './string-literal.ts';
import { syntaxError } from './syntax-error.ts';

/** A piece of an expression, from `offset` (counted from 0) to before `end`. */
export type Token = { readonly offset: number; readonly end: number } & (
  | { readonly type: 'name'; readonly text: string; readonly quoted: boolean }
  | { readonly type: 'literal'; readonly text: ''; readonly value: Scalar }
  | { readonly type: 'operator'; readonly text: string }
  | { readonly type: 'end'; readonly text: '' }
);

const number = /-?(?:[0-9]*\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
/** The elvis operator may have blanks inside. */
const operator = /\?\s*:|=\?=|=!=|==|!=|<=|>=|>>>|<<|>>|\|\||&&|[-+*/%!~|^&<>?:.,;=()[\]{}]/y;
/** Numbers with at most this many digits are exact in a double. */
const mostDigits = 25;
const exactDigits = 15;

/** Splits `text` from `start`; the last token is the end. `errorLiteral` is what the word `error` means. */
export class Lexer {
  readonly text: string;
  readonly #syntax: Syntax;
  readonly #errorLiteral: Scalar;
  #at = 0;
  /** Whether the last token ends an operand: then a `-` is a subtraction and not a sign. */
  #afterOperand = false;

  constructor(text: string, syntax: Syntax, errorLiteral: Scalar) {
    this.text = text;
    this.#syntax = syntax;
    this.#errorLiteral = errorLiteral;
  }

  next(): Token {
    this.#skipBlanks();
    const token = this.#read();
    this.#at = token.end;
    this.#afterOperand =
      token.type === 'name' || token.type === 'literal' || closesOperand(this.text.charCodeAt(token.offset));
    return token;
  }

  #skipBlanks(): void {
    for (;;) {
      while (classAt(this.text, this.#at) === blank) this.#at += 1;
      const end = commentEnd(this.text, this.#at);
      if (end === undefined) return;
      this.#at = end;
    }
  }

  #read(): Token {
    const offset = this.#at;
    switch (classAt(this.text, offset)) {
      case nameStart:
        return this.#word(offset);
      case single:
        return { type: 'operator', text: this.text.charAt(offset), offset, end: offset + 1 };
      case digit:
        return this.#plainNumber(offset) ?? this.#number(offset) ?? this.#operator(offset);
      default:
        return this.#readOther(offset);
    }
  }

  #readOther(offset: number): Token {
    if (offset >= this.text.length) return { type: 'end', text: '', offset, end: offset };
    const first = this.text.charAt(offset);
    if (first === '"' || first === "'") return this.#quoted(first, offset);
    return this.#number(offset) ?? this.#operator(offset);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.text)?.[0];
  }

  #word(offset: number): Token {
    const end = nameEnd(this.text, offset);
    const text = this.text.slice(offset, end);
    // Most names are longer than `error` or shorter than `is`; `undefined` has nine letters.
    if ((text.length > 5 && text.length !== 9) || text.length < 2) {
      return { type: 'name', text, quoted: false, offset, end };
    }
    return this.#reserved(text, offset, end) ?? { type: 'name', text, quoted: false, offset, end };
  }

  #reserved(text: string, offset: number, end: number): Token | undefined {
    const key = asciiLower(text);
    switch (key) {
      case 'is':
      case 'isnt':
        return { type: 'operator', text: key, offset, end };
      case 'true':
      case 'false':
        return { type: 'literal', text: '', value: key === 'true', offset, end };
      case 'undefined':
        return { type: 'literal', text: '', value: undefined, offset, end };
      case 'error':
        return { type: 'literal', text: '', value: this.#errorLiteral, offset, end };
      default:
        return undefined;
    }
  }

  #quoted(quote: '"' | "'", offset: number): Token {
    const old = this.#syntax === 'old' && quote === '"';
    const end = old ? oldStringEnd(this.text, offset) : newStringEnd(this.text, offset, quote);
    if (end === undefined) {
      const what = quote === '"' ? 'string' : 'quoted name';
      throw syntaxError(this.text, offset, `this ${what} has no end`, `close it with ${quote}`);
    }
    const raw = this.text.slice(offset + 1, end);
    const text = old ? unescapeOld(raw) : unescapeNew(raw);
    if (text === undefined) {
      throw syntaxError(this.text, offset, 'a string cannot hold the byte zero', 'leave "\\0" out');
    }
    if (quote === "'") return { type: 'name', text, quoted: true, offset, end: end + 1 };
    return { type: 'literal', text: '', value: sharedText(text), offset, end: end + 1 };
  }

  /** Reads an integer of a few digits, as most numbers are; undefined for everything that needs a closer look. */
  #plainNumber(offset: number): Token | undefined {
    const end = digitsEnd(this.text, offset);
    const following = this.text.charAt(end);
    const plain = end - offset <= exactDigits && !/[.eExX]/.test(following);
    if (!plain || (end - offset > 1 && this.text.charAt(offset) === '0')) return undefined;
    return { type: 'literal', text: '', value: Number(this.text.slice(offset, end)), offset, end };
  }

  #number(offset: number): Token | undefined {
    const first = this.text.charAt(offset);
    if (first === '-' && (this.#afterOperand || !/^-\.?[0-9]/.test(this.text.slice(offset, offset + 3)))) {
      return undefined;
    }
    const text = this.#match(number);
    if (text === undefined) return undefined;
    const end = offset + text.length;
    this.#checkNumber(text, offset, this.text.slice(end, end + 2));
    return { type: 'literal', text: '', value: numberValue(text), offset, end };
  }

  #checkNumber(text: string, offset: number, following: string): void {
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
    if (text !== undefined) {
      const end = offset + text.length;
      return { type: 'operator', text: text.startsWith('?') ? elvisOr(text) : text, offset, end };
    }
    const found = String.fromCodePoint(this.text.codePointAt(offset) ?? 0);
    throw syntaxError(this.text, offset, `the character ${JSON.stringify(found)} has no meaning here`);
  }
}

/** `)`, `]` and `}` */
function closesOperand(code: number): boolean {
  return code === 41 || code === 93 || code === 125;
}

/** The end of the comment that begins at `at`; undefined when none does, or when it has no end. */
function commentEnd(text: string, at: number): number | undefined {
  if (text.charCodeAt(at) !== 47) return undefined;
  if (text.startsWith('//', at)) {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  const end = text.startsWith('/*', at) ? text.indexOf('*/', at + 2) : -1;
  return end < 0 ? undefined : end + 2;
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
