import { asciiLower, asciiUpper } from '../names.ts';
import { bytesOf, textOf as textOfBytes } from '../text-bytes.ts';
import { ErrorValue, errorValue, isInteger, ListValue, low32, typeOf, type Value } from '../value.ts';
import { withStrings, withTexts } from './arguments.ts';
import { textOf } from './conversion.ts';
import { type FunctionDefinition, type FunctionFamily, pure } from './definition.ts';
import { joinTexts } from './join-texts.ts';

/** Runs `run` on the arguments as text; undefined or an error among them is the answer. */
function onTexts(run: (texts: readonly string[]) => Value): (values: readonly Value[]) => Value {
  return (values) => withTexts(values, run);
}

/** Of undefined and errors among the arguments the first is the answer. */
function strcat(values: readonly Value[]): Value {
  const texts = values.map(textOf);
  const at = texts.findIndex((text) => typeof text !== 'string');
  return at < 0 ? withStrings(texts, (all) => joinTexts(all)) : texts[at];
}

/**
 * `join([separator,] list)` or `join(separator, items…)`. Undefined items are left out, and empty ones in front; when
 * there are only undefined ones the answer is undefined.
 */
function join(values: readonly Value[]): Value {
  const [first, ...rest] = values;
  if (values.length === 0) return '';
  const alone = values.length === 1;
  const separator = alone ? '' : first;
  const items = joined(alone ? (first instanceof ListValue || first === undefined ? [first] : ['']) : rest);
  const error = [first, ...items].find((item) => item instanceof ErrorValue);
  if (error !== undefined) return error;
  const known = items.filter((item) => item !== undefined);
  if (known.length === 0 && (separator === undefined || items.length > 0)) return undefined;
  return withStrings([separator ?? '', ...known].map(textOf), ([glue = '', ...texts]) =>
    joinTexts(texts.slice(texts.findIndex((text) => text !== '') >>> 0), glue),
  );
}

/** A list that comes alone stands for its items. */
function joined(items: readonly Value[]): readonly Value[] {
  const [only] = items;
  return items.length === 1 && only instanceof ListValue ? only.values() : items;
}

/** Offsets and lengths count bytes, in 32 bits; negative ones count from the end. */
function substring(text: string, offset: number, length: number | undefined): string {
  const bytes = bytesOf(text);
  const start = Math.max(0, offset < 0 ? bytes.length + offset : offset);
  const end = length === undefined ? bytes.length : length < 0 ? bytes.length + length : start + length;
  return textOfBytes(bytes.subarray(start, Math.max(start, end)));
}

function substr(values: readonly Value[]): Value {
  if (values.includes(undefined)) return undefined;
  const error = values.find((value) => value instanceof ErrorValue);
  if (error !== undefined) return error;
  const [text, offset, length] = values;
  if (typeof text !== 'string') return errorValue(`substr of ${typeOf(text)} has no meaning`);
  if (!isInteger(offset)) return errorValue('the offset is not an integer');
  if (values.length < 3) return substring(text, low32(offset), undefined);
  return isInteger(length)
    ? substring(text, low32(offset), low32(length))
    : errorValue('the length is not an integer');
}

function comparing(normalise: (text: string) => string): FunctionDefinition {
  return pure(
    2,
    2,
    onTexts(([left = '', right = '']) => {
      const a = normalise(left);
      const b = normalise(right);
      if (a === b) return 0;
      return a < b ? -1 : 1;
    }),
  );
}

/**
 * Pieces between separators. Empty ones are left out, but where one separator that is no blank stands twice in a
 * row, with nothing but blanks between: `a,,b` has an empty piece, `a , b` and `a;,b` have none.
 */
function splitText(text: string, separators: string): string[] {
  const items: string[] = [];
  let start = 0;
  let last = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (!separators.includes(character)) continue;
    if (at > start || character === last) items.push(text.slice(start, at));
    if (character.trim() !== '') last = character;
    start = at + 1;
  }
  return start < text.length ? [...items, text.slice(start)] : items;
}

function split(values: readonly Value[]): Value {
  const [text, separators = ', \t'] = values;
  if (text instanceof ErrorValue) return text;
  if (typeof text !== 'string') return errorValue(`split of ${typeOf(text)} has no meaning`);
  if (typeof separators !== 'string' || (values.length > 1 && values[1] === undefined)) {
    return errorValue('the separators are not a string');
  }
  return ListValue.of(splitText(text, separators));
}

/** What stands before and after the first `@`; without one, all of it is `whole`. */
function splitAt(whole: 'before' | 'after'): FunctionDefinition {
  return pure(1, 1, ([value]) => {
    if (typeof value !== 'string')
      return value instanceof ErrorValue ? value : errorValue('expected a string');
    const at = value.indexOf('@');
    if (at >= 0) return ListValue.of([value.slice(0, at), value.slice(at + 1)]);
    return ListValue.of(whole === 'before' ? [value, ''] : ['', value]);
  });
}

export const strings: FunctionFamily = {
  strcat: pure(0, Number.POSITIVE_INFINITY, strcat),
  join: pure(0, Number.POSITIVE_INFINITY, join),
  substr: pure(2, 3, substr),
  toUpper: pure(
    1,
    1,
    onTexts(([text = '']) => asciiUpper(text)),
  ),
  toLower: pure(
    1,
    1,
    onTexts(([text = '']) => asciiLower(text)),
  ),
  strcmp: comparing((text) => text),
  stricmp: comparing(asciiLower),
  split: pure(1, 2, split),
  splitUserName: splitAt('before'),
  splitSlotName: splitAt('after'),
};
