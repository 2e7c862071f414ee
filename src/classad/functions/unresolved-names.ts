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
  /** Whether it took more than one evaluation may take, or went deeper. */
  tooFar: boolean;
}

/**
 * The names that `expression` reads, itself or through attributes, and that no ad answers; sorted without regard to case
 * as they stand there, and then without `MY.` and `TARGET.`. A name may appear twice: as it is, and where there is no TARGET.
 * Undefined when that is more than one evaluation may find out.
 */
export function unresolvedNames(expression: Expression, scope: Scope): string[] | undefined {
  const search: Search = {
    names: new Map(),
    following: new Set([expression]),
    done: new Set(),
    gaveUp: false,
    tooFar: false,
  };
  visit(expression, scope, search);
  if (search.tooFar) return undefined;
  if (search.gaveUp) return [];
  return [...search.names].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, shown]) => shown);
}

function visit(expression: Expression, scope: Scope, search: Search): void {
  if (search.tooFar) return;
  if (!scope.spend(1)) {
    search.tooFar = true;
    return;
  }
  if (expression.kind === 'reference') {
    follow(expression.name, scope, search);
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
  if (isClassAd(ad)) follow(name, scope.within(ad), search);
  else if (ad === undefined) miss(`${printExpression(base)}.${name}`, search);
  else search.gaveUp = true;
}

/** Looks an attribute up in the ad of `scope` alone and goes on with its expression. */
function follow(name: string, scope: Scope, search: Search): void {
  const expression = scope.ad.get(name);
  if (expression === undefined) {
    miss(name, search);
    return;
  }
  if (search.following.has(expression)) {
    search.gaveUp = true;
    return;
  }
  if (search.done.has(expression)) return;
  search.done.add(expression);
  search.following.add(expression);
  // An expression has its own depth below it, and this goes from one to the next.
  const isVisited = scope.deeper(() => {
    visit(expression, scope, search);
    return true;
  });
  if (isVisited !== true) search.tooFar = true;
  search.following.delete(expression);
}

function miss(full: string, { names }: Search): void {
  const key = asciiLower(full);
  if (!names.has(key)) names.set(key, full.replace(/^(?:my|target)\./i, ''));
}
