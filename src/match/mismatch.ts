import { truncate } from '#base/truncate.ts';
import type { Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import type { Environment } from '#classad/environment.ts';
import { evaluate } from '#classad/evaluate.ts';
import { printExpression } from '#classad/print.ts';
import { isError, isTrue, type Value } from '#classad/value.ts';
import { fitOf } from './fit.ts';
import type { ResourceName } from './resources.ts';
import { requirementClauses } from './start-clauses.ts';

/** The most characters of a clause that are shown. */
export const longestClause = 200;

/** Why a job does not fit a slot. */
export type Mismatch =
  | { readonly kind: ResourceName }
  | {
      readonly kind: 'jobRequirements' | 'slotRequirements';
      /** The first of the clauses joined by `&&` that does not hold; absent when there is no expression at all. */
      readonly clause: string | undefined;
      readonly value: 'false' | 'undefined' | 'error';
    };

/** What keeps `job` out of `slot`, and the clause that does; undefined if the job fits. */
export function mismatchOf(job: ClassAd, slot: ClassAd, environment?: Environment): Mismatch | undefined {
  const verdict = fitOf(job, slot, environment);
  if (verdict.fits) return undefined;
  switch (verdict.mismatch) {
    case 'jobRequirements':
      return { kind: 'jobRequirements', ...failing(job, conjuncts, slot, environment) };
    case 'slotRequirements':
      return { kind: 'slotRequirements', ...failing(slot, requirementClauses, job, environment) };
    default:
      return { kind: verdict.mismatch };
  }
}

/** The whole expression is often a page long; what its author has to change is the first clause that fails. */
function failing(
  ad: ClassAd,
  clausesIn: (expression: Expression, ad: ClassAd) => readonly Expression[],
  target: ClassAd,
  environment: Environment | undefined,
): { clause: string | undefined; value: 'false' | 'undefined' | 'error' } {
  const expression = ad.get('Requirements');
  if (expression === undefined) return { clause: undefined, value: 'undefined' };
  const resultOf = (clause: Expression): Value => evaluate(clause, ad, target, environment);
  const clause = clausesIn(expression, ad).find((each) => !isTrue(resultOf(each))) ?? expression;
  return { clause: textOf(clause), value: nameOf(resultOf(clause)) };
}

/** Cached, since nodes never change and ten thousand slots may fail the same clause of many pages. */
const texts = new WeakMap<Expression, string>();

function textOf(clause: Expression): string {
  let text = texts.get(clause);
  if (text === undefined) {
    text = truncate(printExpression(clause), longestClause);
    texts.set(clause, text);
  }
  return text;
}

function nameOf(value: Value): 'false' | 'undefined' | 'error' {
  if (value === undefined) return 'undefined';
  return isError(value) ? 'error' : 'false';
}
