import type { Expression } from '../ast.ts';
import { asciiLower } from '../names.ts';
import type { Scope } from '../scope.ts';
import { isClassAd, ListValue } from '../value.ts';

/** An attribute that an argument names, as `name` or `ad.name`. */
export interface NamedAttribute {
  /** Where it was found; the scope of the call where it was not. */
  readonly owner: Scope;
  readonly expression: Expression | undefined;
  /** Whether there was an ad to search, so that the search led elsewhere: see {@link stray}. */
  readonly isSearched: boolean;
}

/**
 * The original forgets where it was when it has searched an attribute by name: the rest of the expression is read in the ad in
 * which the attribute was found. If it was found nowhere, it is read in no ad (in a match), or in the outermost.
 */
export function stray(named: NamedAttribute | undefined, scope: Scope): void {
  if (named?.isSearched !== true) return;
  if (named.expression !== undefined) scope.stray(named.owner);
  else scope.stray(scope.isMatched ? scope.nowhere() : (scope.absolute() ?? scope));
}

/** The attribute that `given` names; undefined when it is no name. `list.name` stands for itself. */
export function namedAttribute(given: Expression | undefined, scope: Scope): NamedAttribute | undefined {
  if (given?.kind === 'reference') {
    const key = asciiLower(given.name);
    const owner = given.absolute ? scope.absolute() : scope.ownerOf(key);
    return found(owner, key, scope);
  }
  if (given?.kind !== 'select') return undefined;
  const base = scope.here.evaluate(given.base);
  if (base instanceof ListValue) return { owner: scope, expression: given, isSearched: false };
  if (!isClassAd(base)) return { owner: scope, expression: undefined, isSearched: false };
  return found(scope.within(base), asciiLower(given.name), scope);
}

function found(owner: Scope | undefined, key: string, scope: Scope): NamedAttribute {
  const expression = owner?.ad.get(key);
  return { owner: expression === undefined ? scope : (owner ?? scope), expression, isSearched: true };
}
