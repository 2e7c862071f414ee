import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import { isCode } from '#base/error.ts';
import { attributesReadBy } from '#classad/attributes-read.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { parseExpression } from '#classad/parser.ts';

/** Stands for all attributes: a constraint that evaluates text may read any of them. */
const everything = '*';

/**
 * The job attributes that the constraints of these policies read. The pool must distinguish jobs by them, because one job
 * represents its whole autocluster. A policy that does not parse reads nothing, since it decides nothing.
 */
export function readByPolicies(policies: Iterable<Partial<Pick<PressurePolicySpec, 'jobs'>>>): string[] {
  const names = new Set<string>();
  for (const { jobs = 'true' } of policies) for (const name of readBy(jobs)) names.add(name);
  return [...names].sort();
}

function readBy(constraint: string): readonly string[] {
  try {
    const { my, anything } = attributesReadBy(parseExpression(constraint), new ClassAd());
    return anything ? [...my, everything] : [...my];
  } catch (error) {
    if (!isCode(error, 'InvalidExpression')) throw error;
    return [];
  }
}

/** The constraint of a policy, as a bid says it: nothing if all jobs count. */
export const jobsThatCount = (
  policy: Partial<Pick<PressurePolicySpec, 'jobs'>> | undefined,
): { readonly jobs?: string } =>
  policy?.jobs === undefined || policy.jobs === 'true' ? {} : { jobs: policy.jobs };
