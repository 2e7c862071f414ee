import type { Expression, Select } from '../ast.ts';
import { children } from '../children.ts';
import { asciiLower } from '../names.ts';
import { printExpression } from '../print.ts';
import type { Scope } from '../scope.ts';
import { isClassAd } from '../value.ts';

/** What was met so far: names by how they were written. */
interface Search {
  readonly names: Map<string, string>;
  /** The attributes' expressions that led here. */
  readonly following: Set<Expression>;
  /** Those that need not be looked at again. */
  readonly done: Set<Expression>;
  /** Whether a circle was met, or something of which no attribute can be read: the original gives up then. */
  gaveUp: boolean;
}

/**
 * The names that `expression` reads, itself or through attributes, and that no ad answers; without `MY.` and `TARGET.`,
 * sorted without regard to case. A name that is missed in both ads of a match appears twice.
 */
export function unresolvedNames(expression: Expression, scope: Scope): string[] {
  const search: Search = {
    names: new Map(),
    following: new Set([expression]),
    done: new Set(),
    gaveUp: false,
  };
  visit(expression, scope, search);
  if (search.gaveUp) return [];
  return [...search.names.values()].sort((left, right) => (asciiLower(left) < asciiLower(right) ? -1 : 1));
}

function visit(expression: Expression, scope: Scope, search: Search): void {
  if (expression.kind === 'reference') {
    follow(expression.name, expression.name, scope, search);
    return;
  }
  if (expression.kind === 'select') {
    visitSelect(expression, scope, search);
    return;
  }
  for (const child of children(expression)) visit(child, scope, search);
}

function visitSelect({ base, name }: Select, scope: Scope, search: Search): void {
  const ad = scope.evaluate(base);
  if (isClassAd(ad)) follow(name, isTarget(base) ? `TARGET.${name}` : name, scope.within(ad), search);
  else if (ad === undefined) miss(`${printExpression(base)}.${name}`, search);
  else search.gaveUp = true;
}

function isTarget(base: Expression): boolean {
  return base.kind === 'reference' && asciiLower(base.name) === 'target';
}

/** Looks an attribute up in the ad of `scope` alone and goes on with its expression. */
function follow(name: string, full: string, scope: Scope, search: Search): void {
  const expression = scope.ad.get(name);
  if (expression === undefined) {
    miss(full, search);
    return;
  }
  if (search.following.has(expression)) {
    search.gaveUp = true;
    return;
  }
  if (search.done.has(expression)) return;
  search.done.add(expression);
  search.following.add(expression);
  visit(expression, scope, search);
  search.following.delete(expression);
}

function miss(full: string, { names }: Search): void {
  const key = asciiLower(full);
  if (!names.has(key)) names.set(key, full.replace(/^(?:my|target)\./i, ''));
}
