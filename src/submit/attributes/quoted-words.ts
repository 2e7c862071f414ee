import type { GivenValue } from './given-value.ts';

/** Whether the value is in the new syntax: all of it between double quotes. */
export function isNewSyntax(value: GivenValue): boolean {
  return value.text.startsWith('"');
}

/** A quoted run, an escaped double quote, blanks, a plain run, or an unmatched quote. */
const pieces = /'[^']*(?:''[^']*)*'|""|\s+|[^'"\s]+|['"]/g;

/** The text between the outer double quotes; every double quote in it must be doubled. */
function inside(value: GivenValue): string {
  const { text } = value;
  const inner = text.slice(1, -1);
  if (text.length < 2 || !text.endsWith('"')) {
    throw value.fault('the double quote is not closed', 'put one at the end of the line, too');
  }
  const bare = inner.replaceAll('""', '  ').indexOf('"');
  if (bare >= 0) {
    throw value.fault(
      'a double quote in the middle must be doubled',
      'write "" for a double quote itself',
      bare + 1,
    );
  }
  return inner;
}

/**
 * The words of a value in the new syntax of `arguments` and `environment` (condor_submit manual): blanks separate words,
 * single quotes group them, `''` inside single quotes is a single quote, and `""` is a double quote.
 */
export function newSyntaxWords(value: GivenValue): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const { 0: piece, index } of inside(value).matchAll(pieces)) {
    if (piece === "'") {
      throw value.fault(
        'the single quote is not closed',
        "close it; write '''' for a quote itself",
        index + 1,
      );
    }
    if (piece.trim() === '') {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const plain = piece.startsWith("'") ? piece.slice(1, -1).replaceAll("''", "'") : piece;
    word = (word ?? '') + plain.replaceAll('""', '"');
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** A word in the new syntax, which reads back as the same word; as in HTCondor, only what needs quotes gets them. */
export function quoteWord(word: string): string {
  return word === '' ? "''" : word.replace(/[\s']+/g, (run) => `'${run.replaceAll("'", "''")}'`);
}
