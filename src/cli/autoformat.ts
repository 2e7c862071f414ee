import type { ClassAd } from '#classad/class-ad.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseExpression } from '#classad/parser.ts';
import { printValue } from '#classad/print.ts';

/** The values of expressions over an ad, blank-separated, as condor_q -af prints them: strings without quotes. */
export function autoformat(ad: ClassAd, expressions: readonly string[]): string {
  return expressions
    .map((text) => {
      const value = evaluate(parseExpression(text), ad);
      return typeof value === 'string' ? value : printValue(value);
    })
    .join(' ');
}
