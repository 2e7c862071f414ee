import type { Expression } from '../ast.ts';
import { asciiLower } from '../names.ts';
import { isSpecialName, type Scope } from '../scope.ts';
import { isClassAd } from '../value.ts';

/** An attribute that an argument names, as `name` or `ad.name`. */
export interface NamedAttribute {
  /** Where it was found; the scope of the call where it was not. */
  readonly owner: Scope;
  readonly expression: Expression | undefined;
}

/** The attribute that `given` names; undefined when it is no name. */
export function namedAttribute(given: Expression | undefined, scope: Scope): NamedAttribute | undefined {
  if (given?.kind === 'reference') {
    const key = asciiLower(given.name);
    const owner = given.absolute ? scope.absolute() : scope.ownerOf(key);
    return found(owner, key, scope);
  }
  if (given?.kind !== 'select' || isSpecialName(asciiLower(given.name))) return undefined;
  const base = scope.evaluate(given.base);
  if (isClassAd(base)) return found(scope.within(base), asciiLower(given.name), scope);
  return base === undefined ? { owner: scope, expression: undefined } : undefined;
}

function found(owner: Scope | undefined, key: string, scope: Scope): NamedAttribute {
  const expression = owner?.ad.get(key);
  return { owner: expression === undefined || owner === undefined ? scope : owner, expression };
}
