import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { ExpressionPrinter, printName } from './expression-printer.ts';
import { asciiLower } from './names.ts';
import { type PrintStyle, printScalar } from './print-scalar.ts';
import { isClassAd, ListValue, type Value } from './value.ts';

export type { PrintStyle } from './print-scalar.ts';

/** A value as the original library prints it: `1.500000000000000E+00`, `"\\303\\251"`, `{ 1,2 }`, `[ a = 1 ]`. */
export function printValue(value: Value, style: PrintStyle = 'new'): string {
  if (value instanceof ListValue) return printList(value, style);
  return isClassAd(value) ? printAd(value, style === 'old' ? 'new' : style) : printScalar(value, style);
}

function printList(value: ListValue, style: PrintStyle): string {
  if (value.expressions !== undefined) return new ExpressionPrinter(style).list(value.expressions);
  return `{ ${value
    .values()
    .map((item) => printValue(item, style))
    .join(',')} }`;
}

/** See {@link ExpressionPrinter}. */
export function printExpression(expression: Expression, style: PrintStyle = 'new'): string {
  return new ExpressionPrinter(style).print(expression);
}

/** An ad on one line (`new`, `wire`), or one attribute a line, sorted by name (`old`, as `condor_q -long`). */
export function printAd(ad: AttributeTable, style: PrintStyle): string {
  if (style !== 'old') return new ExpressionPrinter(style).record([...ad.attributes()]);
  const lines = [...ad.attributes()]
    .sort((a, b) => (asciiLower(a.name) < asciiLower(b.name) ? -1 : 1))
    .map(({ name, expression }) => `${printName(name)} = ${printExpression(expression, 'old')}\n`);
  return lines.join('');
}
