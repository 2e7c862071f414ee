import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import { GlideinError, isCode } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { parseExpression } from '#classad/parser.ts';

/** The most characters of an expression that a message repeats. */
const longestText = 120;

/** Why a policy cannot decide anything: one of its expressions does not parse. */
export function policyProblem(policy: PressurePolicySpec): GlideinError | undefined {
  return (
    expressionProblem('spec.jobs', policy.jobs) ??
    expressionProblem('spec.groupOrder.rank', policy.groupOrder.rank)
  );
}

/** Why the text of a field is not an expression: field, text and column. Undefined: it is one. */
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
