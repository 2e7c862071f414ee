import { ErrorValue, errorValue, typeOf, type Value } from '../value.ts';
import { textOf } from './conversion.ts';

/**
 * Runs a function of strings: an error among the arguments is the answer, else undefined is, and anything that
 * is no string is an error.
 */
export function withStrings(values: readonly Value[], run: (texts: readonly string[]) => Value): Value {
  const error = values.find((value) => value instanceof ErrorValue);
  if (error !== undefined) return error;
  if (values.includes(undefined)) return undefined;
  const odd = values.find((value) => typeof value !== 'string');
  if (odd !== undefined) return errorValue(`expected a string, not ${typeOf(odd)}`);
  return run(values.filter((value) => typeof value === 'string'));
}

/** Like {@link withStrings}, for functions that take anything as text: undefined wins over errors there. */
export function withTexts(values: readonly Value[], run: (texts: readonly string[]) => Value): Value {
  return values.includes(undefined) ? undefined : withStrings(values.map(textOf), run);
}
