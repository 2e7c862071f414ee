import type { Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { evaluate } from '#classad/evaluate.ts';
import { printValue } from '#classad/print.ts';

/** The values of expressions over an ad, blank-separated, as condor_q -af prints them: strings without quotes. */
export function autoformat(
  ad: ClassAd,
  expressions: readonly Expression[],
  environment: Environment,
): string {
  return expressions
    .map((expression) => {
      const value = evaluate(expression, ad, undefined, environment);
      return typeof value === 'string' ? value : printValue(value);
    })
    .join(' ');
}
