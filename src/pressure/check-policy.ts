import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import { GlideinError, isCode } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { parseExpression } from '#classad/parser.ts';

/** So much of an expression is repeated. */
const longestText = 120;

/** Why a policy cannot decide anything: an expression of its own that does not parse. */
export function policyProblem(policy: PressurePolicySpec): GlideinError | undefined {
  return (
    expressionProblem('spec.jobs', policy.jobs) ??
    expressionProblem('spec.groupOrder.rank', policy.groupOrder.rank)
  );
}

/** Why the text of a field is no expression, with the field, the text and the column; undefined when it is one. */
export function expressionProblem(field: string, text: string | undefined): GlideinError | undefined {
  try {
    if (text !== undefined) parseExpression(text);
    return undefined;
  } catch (error) {
    if (!isCode(error, 'InvalidExpression')) throw error;
    const detail = error.cure === undefined ? {} : { cure: error.cure };
    const column = error.place?.column === undefined ? '' : `column ${error.place.column}: `;
    const message = `${field}: ${column}${error.message}, in ${JSON.stringify(truncate(text ?? '', longestText))}`;
    return new GlideinError('InvalidExpression', message, detail);
  }
}
