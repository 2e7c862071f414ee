import { plainNumber } from './number-literal.ts';
import type { Scalar } from './scalar.ts';
import { sharedText } from './shared-text.ts';

/** Means that a text needs a parser. */
export const notPlain = Symbol('not plain');

/**
 * The constant that `text` consists of, if it is written as most attributes on the wire are: a string without escapes, a short
 * number, `true`, `false` or `undefined`, and nothing round it.
 */
export function plainConstant(text: string): Scalar | typeof notPlain {
  switch (text) {
    case 'true':
    case 'false':
      return text === 'true';
    case 'undefined':
      return undefined;
    default:
      return text.startsWith('"') ? plainString(text) : wholeNumber(text);
  }
}

function plainString(text: string): string | typeof notPlain {
  const last = text.length - 1;
  const isPlain = last > 0 && text.indexOf('"', 1) === last && !text.includes('\\');
  return isPlain ? sharedText(text.slice(1, last)) : notPlain;
}

function wholeNumber(text: string): Scalar | typeof notPlain {
  const isNegative = text.startsWith('-');
  const at = isNegative ? 1 : 0;
  const code = text.charCodeAt(at);
  if (!(code >= 0x30 && code <= 0x39)) return notPlain;
  const number = plainNumber(text, at, isNegative);
  return number?.end === text.length ? number.value : notPlain;
}
