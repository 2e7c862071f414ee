import { bytesOf, textOf } from './text-bytes.ts';

/** `new`: C escapes, as inside of `[ … ]`. `old`: only `\"` is an escape, as on the lines of `-long`. */
export type Syntax = 'new' | 'old';

const backslash = 0x5c;

/** The quote that ends the string which begins at `offset` in the new syntax; -1 when there is none. */
export function newStringEnd(text: string, offset: number, quote: string): number {
  const code = quote.charCodeAt(0);
  for (let at = offset + 1; at < text.length; at += 1) {
    const found = text.charCodeAt(at);
    if (found === code) return at;
    if (found === backslash) at += 1;
  }
  return -1;
}

/** The same for the line syntax, where `\"` is no escape at the end of the value: paths may end in a backslash. */
export function oldStringEnd(text: string, offset: number): number {
  for (let end = text.indexOf('"', offset + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    if (text.charCodeAt(end - 1) !== backslash || text.trimEnd().length === end + 1) return end;
  }
  return -1;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  b: '\b',
  f: '\f',
  r: '\r',
  a: '\x07',
  v: '\v',
};

/** Octal escapes: three digits when the first is at most 3, so that the byte fits; else two. */
const escapeSequence = /\\(?:([0-3][0-7]{0,2}|[4-7][0-7]?)|([\s\S]))/g;

/** What the characters between the quotes mean in the new syntax; undefined when they name the byte zero. */
export function unescapeNew(raw: string): string | undefined {
  if (!raw.includes('\\')) return raw;
  let highBytes = false;
  let zero = false;
  const text = raw.replace(escapeSequence, (_match, octal: string | undefined, other: string) => {
    if (octal === undefined) return simpleEscapes[other] ?? other;
    const code = Number.parseInt(octal, 8);
    zero ||= code === 0;
    highBytes ||= code > 0x7f;
    return String.fromCharCode(code > 0x7f ? 0xdc00 + code : code);
  });
  if (zero) return undefined;
  // Escaped bytes may together be one UTF-8 character.
  return highBytes ? textOf(bytesOf(text)) : text;
}

export function unescapeOld(raw: string): string {
  return raw.replaceAll('\\"', '"');
}

const printed: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  92: '\\\\',
};

const plain = /^[ !#-&(-[\]-~]*$/;

/** `text` between quotes, so that it reads back as the same bytes: `"…"` for strings, `'…'` for names. */
export function quoteNew(text: string, quote: '"' | "'" = '"'): string {
  if (plain.test(text)) return quote + text + quote;
  const pieces: string[] = [];
  for (const byte of bytesOf(text)) pieces.push(printByte(byte, quote.charCodeAt(0)));
  return quote + pieces.join('') + quote;
}

/** The byte zero cannot be written, so it is left out. */
function printByte(byte: number, quote: number): string {
  if (byte === 0) return '';
  const short = printed[byte];
  if (short !== undefined) return short;
  if (byte === quote) return `\\${String.fromCharCode(byte)}`;
  if (byte >= 32 && byte <= 126) return String.fromCharCode(byte);
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

/** A string of the line syntax. It knows no way to write a line break, so that one ends up as a blank. */
export function quoteOld(text: string): string {
  return `"${text.replaceAll('"', '\\"').replace(/[\r\n]+/g, ' ')}"`;
}
