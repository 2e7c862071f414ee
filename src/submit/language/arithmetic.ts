import { isCode } from '#base/error.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseExpression } from '#classad/parser.ts';
import { Real, type Value } from '#classad/value.ts';

const plainInteger = /^\s*-?[0-9]{1,15}\s*$/;

/**
 * The value of a text where the submit language expects a number: a queue count, `$INT()`, `$REAL()`. It may be a number
 * (leading zeros are fine) or a ClassAd expression without attributes, such as `2 * 3 + 1` or `pow(2,5)`. Undefined for
 * anything else.
 */
export function arithmetic(text: string): number | undefined {
  if (plainInteger.test(text)) return Number(text);
  try {
    const value = numberIn(evaluate(parseExpression(text), new ClassAd()));
    return value !== undefined && Number.isFinite(value) ? value : undefined;
  } catch (error) {
    if (isCode(error, 'InvalidExpression')) return undefined;
    throw error;
  }
}

function numberIn(value: Value): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Real) return value.value;
  return typeof value === 'number' ? value : undefined;
}
