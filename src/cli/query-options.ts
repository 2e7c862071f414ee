import { GlideinError, isCode } from '#base/error.ts';
import type { Expression } from '#classad/ast.ts';
import { parseExpression } from '#classad/parser.ts';

/**
 * The ClassAd expression in an option's value.
 * @throws GlideinError InvalidExpression naming the option and the column
 */
export function readExpression(option: string, text: string): Expression {
  try {
    return parseExpression(text);
  } catch (error) {
    if (!isCode(error, 'InvalidExpression')) throw error;
    const column = error.place?.column;
    const where = column === undefined ? '' : `, column ${column}`;
    throw new GlideinError('InvalidExpression', `--${option}${where}: ${error.message}`, {
      cure: error.cure ?? `write a ClassAd expression, such as --${option} 'RequestCpus > 1'`,
    });
  }
}

/** The most jobs, slots or records to list; undefined for all. @throws GlideinError InvalidArgument */
export function listLimit(text: string, what: 'jobs' | 'slots' | 'records' = 'jobs'): number | undefined {
  if (text === 'all') return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new GlideinError('InvalidArgument', `--limit: "${text}" is not a number of ${what}`, {
    cure: 'write a whole number of 1 or more, or all',
  });
}
