import { type GivenValue, type Producer, quote } from './given-value.ts';
import { isNewSyntax, newSyntaxWords, quoteWord } from './words.ts';

/** Old syntax: blanks separate, `\"` is a double quote, nothing groups. */
function oldSyntaxWords(value: GivenValue): string[] {
  const bare = value.text.replaceAll('\\"', '  ').indexOf('"');
  if (bare >= 0) {
    throw value.fault('a double quote in the old syntax', 'put all arguments between double quotes', bare);
  }
  return value.text.split(/\s+/).map((word) => word.replaceAll('\\"', '"'));
}

/**
 * Arguments, in the form of the new syntax without the outer double quotes, whichever syntax the user wrote: words
 * between blanks, single quotes group, `''` inside of them is one. (condor_submit keeps the old form as `Args`.)
 */
export const jobArguments: Producer = {
  reads: ['arguments'],
  make(read) {
    const value = read('arguments');
    if (value === undefined) return {};
    const words = isNewSyntax(value) ? newSyntaxWords(value) : oldSyntaxWords(value);
    return { Arguments: quote(words.map(quoteWord).join(' ')) };
  },
};
