/**
 * PCRE2's notation of patterns in the notation of RE2, whose matcher needs time in proportion to the subject, whatever the
 * pattern. Undefined for what RE2 cannot express: look-around, references back, atomic groups and possessive repeats,
 * recursion, conditions, `\K`, `\G`, `\X`, names of characters. What is wrong in both notations is left for RE2 to refuse.
 *
 * `extended`: blanks and comments in the pattern mean nothing (option `x`).
 */
export function re2Pattern(source: string, extended: boolean): string | undefined {
  return new PatternReader(source, extended).read();
}

const outside: Readonly<Record<string, string>> = {
  h: '[ \\t\\xa0]',
  H: '[^ \\t\\xa0]',
  N: '[^\\n]',
  R: '(?:\\r\\n|[\\n\\v\\f\\r\\x85])',
  s: '[[:space:]]',
  S: '[[:^space:]]',
  v: '[\\n\\v\\f\\r\\x85]',
  V: '[^\\n\\v\\f\\r\\x85]',
  C: '(?s:.)',
  Z: '(?:\\n?\\z)',
  e: '\\x1b',
  E: '',
};

const inClass: Readonly<Record<string, string>> = {
  b: '\\x08',
  h: ' \\t\\xa0',
  s: '[:space:]',
  S: '[:^space:]',
  v: '\\n\\v\\f\\r\\x85',
  e: '\\x1b',
  E: '',
};

const inexpressible =
  /^(?:\\[GKX]|\\[gk][<{'0-9-]|\(\?(?:[=!>&R|(+]|<[=!]|[0-9]|-[0-9]|P[>=])|\(\*|\[\^?(?:[:.=][a-z]*[:.=]\]))/;
/** `[.a.]` and `[=a=]` inside of brackets; without its end it is plain characters. */
const collating = /^\[([.=])(?:\\[\]\\]|(?!\[\1|\1\])[^\]])*\1\]/;
const possessive = /^(?:[*+?]|\{[0-9]*,?[0-9]*\})\+/;
/** Repeats of what has no length are wrong there, and would pass here. */
const repeatedAnchor = /^(?:[\^$]|\\[bBAzZ])(?:[*+?]|\{(?:[0-9]+,?[0-9]*|,[0-9]+)\})/;
const quantifier = /^\{ *([0-9]*) *(,?) *([0-9]*) *\}/;

class PatternReader {
  readonly #source: string;
  #extended: boolean;
  #at = 0;
  #refused = false;

  constructor(source: string, extended: boolean) {
    this.#source = source;
    this.#extended = extended;
  }

  read(): string | undefined {
    let pattern = '';
    while (this.#at < this.#source.length) {
      const rest = this.#source.slice(this.#at, this.#at + 40);
      if (inexpressible.test(rest) || possessive.test(rest) || repeatedAnchor.test(rest)) return undefined;
      pattern += this.#piece(rest);
    }
    return this.#refused ? undefined : pattern;
  }

  #take(length: number): string {
    this.#at += length;
    return this.#source.slice(this.#at - length, this.#at);
  }

  #piece(rest: string): string {
    switch (rest.charAt(0)) {
      case '\\':
        return this.#escape(outside);
      case '[':
        return this.#class();
      case '(':
        return this.#group(rest);
      case '{':
        return this.#repeat(rest);
      default:
        return this.#plain();
    }
  }

  #plain(): string {
    const character = this.#take(1);
    if (!this.#extended) return character;
    if (character === '#') this.#skipTo('\n');
    return character === '#' || character.trim() === '' ? '' : character;
  }

  #skipTo(end: string): void {
    const found = this.#source.indexOf(end, this.#at);
    this.#at = found < 0 ? this.#source.length : found + end.length;
  }

  #escape(table: Readonly<Record<string, string>>): string {
    const letter = this.#source.charAt(this.#at + 1);
    if (letter === 'Q' && table === outside) return this.#quoted();
    const control = /^\\c([\x20-\x7e])/.exec(this.#source.slice(this.#at, this.#at + 3))?.[1];
    if (control !== undefined) return this.#replace(3, hex(control.toUpperCase().charCodeAt(0) ^ 64));
    const code = /^\\(?:o\{([0-7]{1,3})\}|0([0-7]{0,2})|x([0-9a-fA-F])(?![0-9a-fA-F]))/.exec(
      this.#source.slice(this.#at, this.#at + 8),
    );
    if (code !== null) return this.#replace(code[0].length, hex(codeOf(code)));
    const text = table[letter];
    return text === undefined ? this.#take(2) : this.#replace(2, text);
  }

  #replace(length: number, text: string): string {
    this.#at += length;
    return text;
  }

  #quoted(): string {
    this.#take(2);
    const begin = this.#at;
    const end = this.#source.indexOf('\\E', begin);
    this.#at = end < 0 ? this.#source.length : end + 2;
    return this.#source.slice(begin, end < 0 ? undefined : end).replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  }

  #class(): string {
    let text = this.#take(this.#source.charAt(this.#at + 1) === '^' ? 2 : 1);
    // A bracket that comes first is one of the characters.
    if (this.#source.charAt(this.#at) === ']') text += `\\${this.#take(1)}`;
    while (this.#at < this.#source.length && this.#source.charAt(this.#at) !== ']')
      text += this.#classPiece();
    return text + this.#take(1);
  }

  /** A character, a set of them, or a range; a set is no end of a range. */
  #classPiece(): string {
    const beginsWithSet = this.#isSet();
    const first = this.#classItem();
    const isRange = /^-[^\]]/s.test(this.#source.slice(this.#at, this.#at + 2));
    if (!isRange) return first;
    const dash = this.#take(1);
    if (beginsWithSet || this.#isSet()) this.#refused = true;
    return first + dash + this.#classItem();
  }

  #isSet(): boolean {
    return /^(?:\\[dDwWsShHvV]|\[:\^?[a-z]+:\])/.test(this.#source.slice(this.#at, this.#at + 20));
  }

  #classItem(): string {
    if (collating.test(this.#source.slice(this.#at))) this.#refused = true;
    const rest = this.#source.slice(this.#at, this.#at + 20);
    if (rest.startsWith('\\')) return this.#escape(inClass);
    const named = /^\[:\^?[a-z]+:\]/.exec(rest);
    if (named !== null) return this.#take(named[0].length);
    const character = this.#take(1);
    return character === '[' ? '\\[' : character;
  }

  #group(rest: string): string {
    if (rest.startsWith('(?#')) {
      this.#skipTo(')');
      return '';
    }
    const named = /^\(\?'(\w+)'/.exec(rest);
    if (named !== null) return this.#replace(named[0].length, `(?P<${named[1]}>`);
    const flags = /^\(\?(\^?)([a-zA-Z]*)(-?)([a-zA-Z]*)([:)])/.exec(rest);
    return flags === null ? this.#take(1) : this.#flags(flags);
  }

  /** `x` and `J` are this reader's matter; `^` takes all flags back. */
  #flags([text, reset = '', on = '', , off = '', end = '']: RegExpExecArray): string {
    if (`${reset}${on}${off}`.match(/[x^]/) !== null) this.#extended = on.includes('x');
    const kept = on.replace(/[xJn]/g, '');
    const taken = reset === '' ? off : 'ims'.replace(new RegExp(`[${kept}]`, 'g'), '');
    const dropped = taken.replace(/[xJn]/g, '');
    const flags = dropped === '' ? kept : `${kept}-${dropped}`;
    if (end === ')' && flags === '') return this.#replace(text.length, '');
    return this.#replace(text.length, `(?${flags}${end}`);
  }

  #repeat(rest: string): string {
    const found = quantifier.exec(rest);
    if (found === null || (found[1] === '' && found[3] === '')) return this.#replace(1, '\\{');
    const [text, least = '', comma = '', most = ''] = found;
    return this.#replace(text.length, `{${least === '' ? '0' : least}${comma}${most}}`);
  }
}

function codeOf([, braced, octal, digit]: RegExpExecArray): number {
  if (digit !== undefined) return Number.parseInt(digit, 16);
  return Number.parseInt(`0${braced ?? octal ?? ''}`, 8);
}

function hex(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`;
}
