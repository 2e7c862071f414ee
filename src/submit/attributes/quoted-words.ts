import type { GivenValue } from './given-value.ts';

/** Whether the value is in the new syntax: all of it between double quotes. */
export function isNewSyntax(value: GivenValue): boolean {
  return value.text.startsWith('"');
}

/** A quoted run, an escaped double quote, blanks, a plain run, or a quote that fits nothing. */
const pieces = /'[^']*(?:''[^']*)*'|""|\s+|[^'"\s]+|['"]/g;

/** What stands between the outer double quotes; every double quote in it must be doubled. */
function inside(value: GivenValue): string {
  const { text } = value;
  const inner = text.slice(1, -1);
  if (text.length < 2 || !text.endsWith('"')) {
    throw value.fault('a double quote that is not closed', 'put one at the end of the line too');
  }
  const bare = inner.replaceAll('""', '  ').indexOf('"');
  if (bare >= 0) {
    throw value.fault('a double quote in the middle', 'write "" for a double quote itself', bare + 1);
  }
  return inner;
}

/**
 * The words of a value in the new syntax of `arguments` and `environment` (condor_submit manual): blanks separate,
 * single quotes group, `''` inside of them is a single quote, `""` is a double quote.
 */
export function newSyntaxWords(value: GivenValue): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const { 0: piece, index } of inside(value).matchAll(pieces)) {
    if (piece === "'") {
      throw value.fault(
        'a single quote that is not closed',
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

/** A word so that a reader of the new syntax gets it back: quotes stand only round what needs them, as HTCondor has it. */
export function quoteWord(word: string): string {
  return word === '' ? "''" : word.replace(/[\s']+/g, (run) => `'${run.replaceAll("'", "''")}'`);
}
