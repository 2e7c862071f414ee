import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { type ExplainedClause, explain } from '#classad/explain.ts';
import { printExpression, printValue } from '#classad/print.ts';
import { table } from '../table.ts';

/** The most characters of a value or clause in a table; longer ones are truncated. */
const widest = 80;

/** The clauses of an expression in their written order: whether each holds, and which attributes it reads. */
export function explanationTable(clauses: readonly ExplainedClause[], colour: boolean): string {
  const rows = clauses.map(({ clause, value, holds, reads }) => [
    holds ? 'yes' : 'no',
    cut(printExpression(clause)),
    cut(printValue(value)),
    reads
      .map(
        ({ side, name, value: seen }) => `${side === 'my' ? '' : 'TARGET.'}${name}=${cut(printValue(seen))}`,
      )
      .join(' '),
  ]);
  return table(['HOLDS', 'CLAUSE', 'VALUE', 'READS'], rows, colour);
}

/** Why the Requirements of `ad` hold or do not hold for `other`. */
export function requirementsInWords(
  name: string,
  ad: ClassAd,
  other: ClassAd,
  environment: Environment,
  colour: boolean,
): string {
  const requirements = ad.get('Requirements');
  if (requirements === undefined) return `The ${name} ad has no Requirements, so it matches nothing.`;
  const clauses = explain(requirements, ad, other, environment);
  const failing = clauses.filter(({ holds }) => !holds).length;
  const verdict = failing === 0 ? 'hold' : `do not hold: ${failing} of ${clauses.length} clauses fail`;
  return `The Requirements of the ${name} ad ${verdict}.\n${explanationTable(clauses, colour)}`;
}

function cut(text: string): string {
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
}
