import { type GivenValue, type Producer, quote } from './given-value.ts';
import { isNewSyntax, newSyntaxWords, quoteWord } from './quoted-words.ts';

/** Old syntax: blanks separate words, `\"` is a double quote, and nothing groups words. */
function oldSyntax(value: GivenValue): string {
  const bare = value.text.replaceAll('\\"', '  ').indexOf('"');
  if (bare >= 0) {
    throw value.fault(
      'there is a double quote, but these arguments are in the old syntax',
      'put all arguments between double quotes',
      bare,
    );
  }
  return value.text
    .split(/\s+/)
    .map((word) => word.replaceAll('\\"', '"'))
    .join(' ');
}

/**
 * `Args` has arguments in the old syntax as they are; `Arguments` has those in the new one, without the outer double quotes:
 * blanks separate words, single quotes group them, and `''` inside single quotes is one single quote.
 */
export const jobArguments: Producer = {
  reads: ['arguments'],
  make(read) {
    const value = read('arguments');
    if (value === undefined) return { Arguments: quote('') };
    // A value that expands to blanks is in the old syntax, too.
    if (!isNewSyntax(value)) return { Args: quote(oldSyntax(value)) };
    return { Arguments: quote(newSyntaxWords(value).map(quoteWord).join(' ')) };
  },
};
