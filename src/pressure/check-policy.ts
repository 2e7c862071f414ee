import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import { GlideinError, isCode } from '#base/error.ts';
import { parseExpression } from '#classad/parser.ts';

/** Why a policy cannot decide anything: a strategy that is not there, an expression that does not parse. */
export function policyProblem(policy: PressurePolicySpec): GlideinError | undefined {
  if (policy.strategy !== 'Packing') {
    return new GlideinError('Unsupported', `the strategy ${policy.strategy} is not supported yet`, {
      cure: 'write strategy: Packing',
    });
  }
  return (
    expressionProblem('spec.jobs', policy.jobs) ??
    expressionProblem('spec.groupOrder.rank', policy.groupOrder.rank)
  );
}

function expressionProblem(field: string, text: string | undefined): GlideinError | undefined {
  try {
    if (text !== undefined) parseExpression(text);
    return undefined;
  } catch (error) {
    if (!isCode(error, 'InvalidExpression')) throw error;
    const detail = error.cure === undefined ? {} : { cure: error.cure };
    return new GlideinError('InvalidExpression', `${field}: ${error.message}`, detail);
  }
}
