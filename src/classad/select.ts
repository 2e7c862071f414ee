import { asciiLower } from './names.ts';
import { isSpecialName, type Scope } from './scope.ts';
import { ErrorValue, errorValue, isClassAd, isInteger, ListValue, typeOf, type Value } from './value.ts';

/** `base.name`; over a list it is the list of what each item gives. */
export function selectFrom(base: Value, key: string, scope: Scope, position: number): Value {
  if (isClassAd(base)) {
    const inner = scope.within(base);
    return isSpecialName(key) ? inner.special(key, position) : inner.climb(key, position);
  }
  if (base === undefined || base instanceof ErrorValue) return base;
  if (base instanceof ListValue) {
    return ListValue.of(base.values().map((item) => selectFrom(item, key, scope, position)));
  }
  return errorValue(`${typeOf(base)} has no attribute ${key}`);
}

/** `base[index]`: an ad by name, a list by number from 0. */
export function subscriptOf(base: Value, index: Value, scope: Scope, position: number): Value {
  if (base instanceof ErrorValue) return base;
  if (index instanceof ErrorValue) return index;
  if (base === undefined || index === undefined) return undefined;
  if (base instanceof ListValue && isInteger(index)) {
    const at = Number(index);
    return at >= 0 && at < base.length ? base.at(at) : errorValue(`the list has no item ${at}`);
  }
  if (isClassAd(base) && typeof index === 'string') {
    return scope.within(base).climb(asciiLower(index), position);
  }
  return errorValue(`${typeOf(base)}[${typeOf(index)}] has no meaning`);
}
