import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { printExpression } from './print.ts';
import { Real } from './value.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * An ad as plain data for `JSON.stringify`: literals as themselves, undefined as null, everything else (also
 * errors, times, INF, integers that a double cannot hold) as the string `/Expr(<new syntax>)/`.
 */
export function toJson(ad: AttributeTable): { readonly [name: string]: Json } {
  return Object.fromEntries([...ad.attributes()].map(({ name, expression }) => [name, jsonOf(expression)]));
}

/** The text of {@link toJson}, with the escaped slashes that HTCondor's own readers look for. */
export function toJsonText(ad: AttributeTable, indent?: number): string {
  return JSON.stringify(toJson(ad), undefined, indent).replace(
    /"\/Expr\(((?:[^"\\]|\\.)*)\)\/"/g,
    String.raw`"\/Expr($1)\/"`,
  );
}

function jsonOf(expression: Expression): Json {
  if (expression.kind === 'list') return expression.items.map(jsonOf);
  if (expression.kind === 'record') {
    return Object.fromEntries(expression.entries.map((entry) => [entry.name, jsonOf(entry.expression)]));
  }
  const plain = expression.kind === 'literal' ? plainOf(expression.value) : undefined;
  return plain === undefined ? `/Expr(${printExpression(expression)})/` : plain;
}

function plainOf(value: unknown): Json | undefined {
  if (value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  return value instanceof Real && Number.isFinite(value.value) ? value.value : undefined;
}
