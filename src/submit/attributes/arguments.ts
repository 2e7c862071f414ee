import { type GivenValue, type Producer, quote } from './given-value.ts';
import { isNewSyntax, newSyntaxWords, quoteWord } from './quoted-words.ts';

/** Old syntax: blanks separate, `\"` is a double quote, nothing groups. */
function oldSyntax(value: GivenValue): string {
  const bare = value.text.replaceAll('\\"', '  ').indexOf('"');
  if (bare >= 0) {
    throw value.fault('a double quote in the old syntax', 'put all arguments between double quotes', bare);
  }
  return value.text
    .split(/\s+/)
    .map((word) => word.replaceAll('\\"', '"'))
    .join(' ');
}

/**
 * `Args` keeps arguments of the old syntax as they are; `Arguments` those of the new one, without the outer double quotes:
 * words between blanks, single quotes group, `''` inside of them is one.
 */
export const jobArguments: Producer = {
  reads: ['arguments'],
  make(read) {
    const value = read('arguments');
    if (value === undefined) return { Arguments: quote('') };
    // What expands to blanks is of the old syntax too.
    if (!isNewSyntax(value)) return { Args: quote(oldSyntax(value)) };
    return { Arguments: quote(newSyntaxWords(value).map(quoteWord).join(' ')) };
  },
};
