import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeError, GlideinError } from '#base/error.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { parseAd, parseOldAd } from '#classad/parser.ts';

/**
 * The ad that a person means: its text in the new syntax, `[ a = 1 ]`, or the name of a file that holds one, in the new
 * syntax or in that of `condor_q -long`.
 * @throws GlideinError NotFound when there is no such file, InvalidExpression with the place
 */
export function readAd(given: string, directory: string): ClassAd {
  if (given.trimStart().startsWith('[')) return parseAd(given);
  const text = readText(given, directory);
  try {
    return text.trimStart().startsWith('[') ? parseAd(text) : parseOldAd(text);
  } catch (error) {
    if (!(error instanceof GlideinError)) throw error;
    throw new GlideinError(error.code, error.message, {
      place: { ...error.place, file: given },
      ...(error.cure !== undefined && { cure: error.cure }),
    });
  }
}

function readText(given: string, directory: string): string {
  try {
    return readFileSync(resolve(directory, given), 'utf8');
  } catch (cause) {
    throw new GlideinError('NotFound', `cannot read an ad from ${given}: ${describeError(cause)}`, {
      cause,
      cure: 'write an ad such as [ Cpus = 4 ], or name a file that holds one',
    });
  }
}
