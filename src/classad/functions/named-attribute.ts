import type { Expression } from '../ast.ts';
import { asciiLower } from '../names.ts';
import type { Scope } from '../scope.ts';
import { isClassAd, ListValue } from '../value.ts';

/** An attribute that an argument names, as `name` or `ad.name`. */
export interface NamedAttribute {
  /** Where it was found; the scope of the call where it was not. */
  readonly owner: Scope;
  readonly expression: Expression | undefined;
}

/** The attribute that `given` names; undefined when it is no name. `list.name` stands for itself. */
export function namedAttribute(given: Expression | undefined, scope: Scope): NamedAttribute | undefined {
  if (given?.kind === 'reference') {
    const key = asciiLower(given.name);
    const owner = given.absolute ? scope.absolute() : scope.ownerOf(key);
    return found(owner, key, scope);
  }
  if (given?.kind !== 'select') return undefined;
  const base = scope.evaluate(given.base);
  if (base instanceof ListValue) return { owner: scope, expression: given };
  return found(isClassAd(base) ? scope.within(base) : undefined, asciiLower(given.name), scope);
}

function found(owner: Scope | undefined, key: string, scope: Scope): NamedAttribute {
  const expression = owner?.ad.get(key);
  return { owner: expression === undefined || owner === undefined ? scope : owner, expression };
}
