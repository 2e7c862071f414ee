import { printReal, printRealExact, printRealOld } from './print-real.ts';
import { printAbsTime, printRelTime } from './print-time.ts';
import { AbsTime, ErrorValue, Real, type Scalar } from './scalar.ts';
import { quoteNew, quoteOld, type Syntax } from './string-literal.ts';

/**
 * `new` and `old` as the original prints them, which cuts reals to 16 digits; `wire` is the new syntax with reals
 * that read back exactly.
 */
export type PrintStyle = Syntax | 'wire';

const realPrinters = { new: printReal, old: printRealOld, wire: printRealExact };

export function printScalar(value: Scalar, style: PrintStyle): string {
  if (typeof value === 'string') return style === 'old' ? quoteOld(value) : quoteNew(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Real) return realPrinters[style](value.value);
  if (value instanceof ErrorValue) return 'error';
  if (value instanceof AbsTime) return `absTime("${printAbsTime(value)}")`;
  return style === 'wire' ? `relTime(${printRealExact(value.seconds)})` : `relTime("${printRelTime(value)}")`;
}
