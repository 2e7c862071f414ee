import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { printExpression } from '#classad/print.ts';
import { asNumber } from '#classad/value.ts';
import type { Hold } from '../jobs/job.ts';

/** The reason that people read is cut here: a job may make one of any length. */
const longestReason = 1024;

/** Characters of an expression that a reason shows. */
const longestShown = 900;

/**
 * Looks at one policy of a job. What is returned has the words and the numbers by which HTCondor tells that it is true. One that is undefined, an error or no number has not come true: so does HTCondor 25 take it.
 * @param name such as `PeriodicHold`; `NAMEReason` and `NAMESubCode` of the job are its words and its number, if it has any
 */
export function fires(ad: ClassAd, name: string, environment: Environment): Hold | undefined {
  const expression = ad.get(name);
  if (expression === undefined) return undefined;
  const value = asNumber(ad.evaluate(name, undefined, environment));
  if (value === undefined || Number.isNaN(value) || Math.trunc(value) === 0) return undefined;
  const own = ad.evaluateString(`${name}Reason`, undefined, environment);
  const number = ad.evaluateNumber(`${name}SubCode`, undefined, environment);
  const reason = own === undefined || own === '' ? inWords(name, expression, 'TRUE') : own;
  return {
    code: holdCodes.jobPolicy,
    reason: truncate(reason, longestReason),
    ...(number === undefined ? {} : { subcode: subcodeOf(number) }),
  };
}

/** Why a policy acts whose job gives no reason. Of a long expression it shows the beginning, and ends with what it came to. */
export function inWords(name: string, expression: Expression, value: 'TRUE' | 'UNDEFINED'): string {
  const text = printExpression(expression, 'old');
  return `The job attribute ${name} expression '${truncate(text, longestShown)}' evaluated to ${value}`;
}

/** A whole number of 32 bits, as it is where HTCondor keeps it. */
const subcodeOf = (number: number): number => Math.trunc(number) | 0;
