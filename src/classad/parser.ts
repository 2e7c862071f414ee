import { GlideinError } from '#base/error.ts';
import { ClassAd } from './class-ad.ts';
import { Grammar } from './grammar.ts';
import { asciiLower, reservedWords } from './names.ts';
import { syntaxError } from './syntax-error.ts';

export { parseExpression } from './grammar.ts';

/**
 * Parses an ad of the new syntax, `[ name = expression; … ]`. Of a name that stands twice the last counts.
 *
 * @throws GlideinError `InvalidExpression`
 */
export function parseAd(text: string): ClassAd {
  const ad = new ClassAd();
  for (const { name, expression } of new Grammar(text).wholeRecord()) ad.set(name, expression);
  return ad;
}

const assignment = /^\s*(?:'([^']+)'|([A-Za-z_][A-Za-z0-9_.]*))\s*=(?![=?!])(.*)$/;

/**
 * Parses an ad of the line syntax of `condor_q -long`: `Name = expression`, one a line; empty lines and lines
 * that start with `#` are passed over.
 *
 * @throws GlideinError `InvalidExpression`, with the line
 */
export function parseOldAd(text: string): ClassAd {
  const ad = new ClassAd();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    try {
      parseLine(ad, line);
    } catch (error) {
      throw onLine(error, index + 1, line);
    }
  }
  return ad;
}

function parseLine(ad: ClassAd, line: string): void {
  const found = assignment.exec(line);
  const name = found?.[1] ?? found?.[2];
  const body = found?.[3];
  if (name === undefined || body === undefined) {
    throw syntaxError(line, 0, 'expected "Name = expression" on this line');
  }
  if (found?.[1] === undefined && (name.includes('.') || reservedWords.has(asciiLower(name)))) {
    throw syntaxError(line, line.indexOf(name), `"${name}" is not an attribute name`, `write '${name}'`);
  }
  // Blanks in place of the name keep the columns of an error right.
  const padding = ' '.repeat(line.length - body.length);
  ad.set(name, new Grammar(padding + body, 'old').wholeExpression());
}

function onLine(error: unknown, line: number, text: string): unknown {
  if (!(error instanceof GlideinError)) return error;
  return new GlideinError(error.code, error.message, {
    place: { ...error.place, line, ...(error.place?.text !== undefined && { text }) },
    ...(error.cure === undefined ? {} : { cure: error.cure }),
  });
}
