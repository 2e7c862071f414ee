import { truncate } from '#base/truncate.ts';
import { type Producer, quote } from './given-value.ts';

/** How much a job takes of something that its pool has only a limited amount of, such as licences. */
export interface Limit {
  /** In lower case. */
  readonly name: string;
  /** Above 0. */
  readonly amount: number;
}

const limitPattern = /^([a-z_]\w*(?:\.[a-z_]\w*)?)(?::(.*))?$/is;

/** How much `name` or `name:number` takes: 1 unless a number above 0 is written, as in HTCondor. Undefined for anything else. */
export function parseLimit(word: string): Limit | undefined {
  const [, name, number = ''] = limitPattern.exec(word) ?? [];
  if (name === undefined) return undefined;
  const amount = Number.parseFloat(number);
  return { name: name.toLowerCase(), amount: amount > 0 ? amount : 1 };
}

/** The words of a list of limits. */
export const limitWords = (text: string): readonly string[] =>
  text.split(/[\s,]+/).filter((word) => word !== '');

/** Limits that one job may name: all of them are looked at for each slot that could take the job. */
export const mostLimits = 100;

/** ConcurrencyLimits: in lower case and sorted, so that equal limits look equal; or the expression that computes them. */
export const concurrencyLimits: Producer = {
  reads: ['concurrency_limits', 'concurrency_limits_expr'],
  make(read) {
    const expression = read('concurrency_limits_expr');
    const value = read('concurrency_limits');
    if (value === undefined)
      return expression === undefined ? {} : { ConcurrencyLimits: expression.expression() };
    if (expression !== undefined)
      throw value.fault('concurrency_limits_expr is set as well', 'remove one of the two');
    const words = limitWords(value.text.toLowerCase());
    const bad = words.find((word) => parseLimit(word) === undefined);
    if (bad !== undefined)
      throw value.fault(
        `"${truncate(bad, 40)}" is not a limit`,
        'write name or name:number, such as licence:2',
      );
    if (words.length > mostLimits)
      throw value.fault(
        `there are ${words.length} limits, and a job may name ${mostLimits}`,
        'give what many of them stand for one name',
      );
    return words.length === 0 ? {} : { ConcurrencyLimits: quote([...words].sort().join(',')) };
  },
};
