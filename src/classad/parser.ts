import { GlideinError } from '#base/error.ts';
import { AdBuilder } from './ad-builder.ts';
import { ClassAd } from './class-ad.ts';
import { Grammar } from './grammar.ts';
import { isReserved } from './names.ts';
import { notPlain, plainConstant } from './plain-constant.ts';
import { syntaxError } from './syntax-error.ts';

export { parseExpression } from './grammar.ts';

/**
 * Parses an ad of the new syntax, `[ name = expression; … ]`. Of a name that stands twice the last counts.
 *
 * @throws GlideinError `InvalidExpression`
 */
export function parseAd(text: string): ClassAd {
  const builder = new AdBuilder();
  new Grammar(text).wholeRecord(builder);
  return builder.finish(new ClassAd());
}

const assignment = /^\s*(?:'([^']+)'|([A-Za-z_][A-Za-z0-9_.]*))\s*=(?![=?!])\s*/;

/**
 * Parses an ad of the line syntax of `condor_q -long`: `Name = expression`, one a line; empty lines and lines
 * that start with `#` are passed over.
 *
 * @throws GlideinError `InvalidExpression`, with the line
 */
export function parseOldAd(text: string): ClassAd {
  const builder = new AdBuilder();
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.trimEnd();
    if (line === '' || line.trimStart().startsWith('#')) continue;
    try {
      parseLine(builder, line);
    } catch (error) {
      throw onLine(error, index + 1, line);
    }
  }
  return builder.finish(new ClassAd());
}

function parseLine(builder: AdBuilder, line: string): void {
  const found = assignment.exec(line);
  const name = found?.[1] ?? found?.[2];
  if (found === null || name === undefined) {
    throw syntaxError(line, 0, 'expected "Name = expression" on this line');
  }
  if (found[1] === undefined && (name.includes('.') || isReserved(name))) {
    throw syntaxError(line, line.indexOf(name), `"${name}" is not an attribute name`, `write '${name}'`);
  }
  const constant = plainConstant(line.slice(found[0].length));
  if (constant !== notPlain) builder.put(name, constant);
  else builder.set(name, new Grammar(line, 'old', found[0].length).wholeExpression());
}

function onLine(error: unknown, line: number, text: string): unknown {
  if (!(error instanceof GlideinError)) return error;
  return new GlideinError(error.code, error.message, {
    place: { ...error.place, line, ...(error.place?.text !== undefined && { text }) },
    ...(error.cure === undefined ? {} : { cure: error.cure }),
  });
}
