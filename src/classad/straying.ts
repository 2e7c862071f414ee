import type { Call, Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { children } from './children.ts';
import { asciiLower } from './names.ts';

/** Functions that search an attribute by the name that their first argument is. */
const searches: ReadonlySet<string> = new Set(['evalineachcontext', 'countmatches', 'unresolved']);

/**
 * Whether names behind some part of `expression` may be read in another ad than before it, when it is evaluated in `my`:
 * because of a search that might find its attribute elsewhere, or nowhere (see {@link Scope.stray}).
 */
export function strays(expression: Expression, my?: AttributeTable): boolean {
  return searchesIn(expression).some((call) => !staysIn(call, my));
}

/** Cached, since nodes never change and an expression may be asked about for each of ten thousand slots. */
const found = new WeakMap<Expression, readonly Call[]>();

function searchesIn(expression: Expression): readonly Call[] {
  let calls = found.get(expression);
  if (calls === undefined) {
    calls = [...searchesBelow(expression)];
    found.set(expression, calls);
  }
  return calls;
}

function* searchesBelow(expression: Expression): Generator<Call> {
  const left: Expression[] = [expression];
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (each.kind === 'call' && searches.has(asciiLower(each.name))) yield each;
    for (const child of children(each)) left.push(child);
  }
}

/** Whether the search finds its attribute in `my`, or nothing is searched. */
function staysIn({ args: [given] }: Call, my: AttributeTable | undefined): boolean {
  if (given?.kind === 'select') return isOwn(given.base, my) && my?.has(given.name) === true;
  return given?.kind !== 'reference' || (!given.absolute && my?.has(given.name) === true);
}

/** Whether it is `MY`, unless the ad has an attribute of that name. */
function isOwn(base: Expression, my: AttributeTable | undefined): boolean {
  if (base.kind !== 'reference' || base.absolute) return false;
  return ['my', 'self'].includes(asciiLower(base.name)) && my?.has(base.name) !== true;
}
