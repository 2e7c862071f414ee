import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { printExpression } from '#classad/print.ts';
import { asNumber } from '#classad/value.ts';
import type { Hold } from '../jobs/job.ts';

/** The most characters of a reason: a job may compute one of any length. */
const longestReason = 1024;

/** The most characters of an expression that a reason shows. */
const longestShown = 900;

/**
 * Evaluates one policy of a job. Returns HTCondor's reason and codes if it is true. A policy that is undefined, an error or not
 * a number is not true: HTCondor 25 does the same.
 * @param name such as `PeriodicHold`; the job may set a reason in `NAMEReason` and a subcode in `NAMESubCode`
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

/** The reason for a policy whose job gives none. It shows the beginning of a long expression, and always the value. */
export function inWords(name: string, expression: Expression, value: 'TRUE' | 'UNDEFINED'): string {
  const text = printExpression(expression, 'old');
  return `The job attribute ${name} expression '${truncate(text, longestShown)}' evaluated to ${value}`;
}

/** HTCondor keeps subcodes as 32-bit integers. */
const subcodeOf = (number: number): number => Math.trunc(number) | 0;
