import type { AttributeTable } from './attribute-table.ts';
import { costOfMaking } from './functions/cost.ts';
import { asciiLower } from './names.ts';
import { isSpecialName, type Scope } from './scope.ts';
import { absent } from './slot.ts';
import {
  ErrorValue,
  errorValue,
  isClassAd,
  isInteger,
  ListValue,
  low32,
  typeOf,
  type Value,
} from './value.ts';

/** `base.name`; over a list it is the list of what each item gives. */
export function selectFrom(base: Value, key: string, scope: Scope, position: number): Value {
  if (isClassAd(base)) {
    const inner = scope.within(base);
    return isSpecialName(key) ? inner.special(key, position) : inner.climb(key, position);
  }
  if (base === undefined || base instanceof ErrorValue) return base;
  if (base instanceof ListValue) return selectFromItems(base, key, scope, position);
  return errorValue(`${typeOf(base)} has no attribute ${key}`);
}

/** Ads that are values already, such as in `list.a.b`, are not searched beyond themselves. */
function selectFromItems(list: ListValue, key: string, scope: Scope, position: number): Value {
  if (list.expressions === undefined && !isSpecialName(key)) return selectOwn(list, key, scope, position);
  return ofItems(list, scope, (item) => detached(selectFrom(item, key, scope, position)));
}

/** An item may be a list, or lead back to this one: each level counts. */
function ofItems(list: ListValue, scope: Scope, give: (item: Value) => Value): Value {
  if (!scope.spend(costOfMaking(list.length))) return errorValue('the list is too long to be searched');
  return scope.deeper(() => ListValue.selected(list.values().map(give)));
}

/** An ad that was selected out of a list stands nowhere any more: the original copies it. */
function detached(value: Value): Value {
  if (!isClassAd(value) || value.lexical === undefined) return value;
  const copy = value.empty();
  for (const { name, expression } of value.attributes()) copy.set(name, expression);
  return copy;
}

function selectOwn(list: ListValue, key: string, scope: Scope, position: number): Value {
  return ofItems(list, scope, (item) => {
    if (item instanceof ListValue) return selectOwn(item, key, scope, position);
    return isClassAd(item)
      ? detached(attributeOf(item, key, scope, position))
      : detached(selectFrom(item, key, scope, position));
  });
}

/** `base[index]`: an ad by name, a list by number from 0 (of which the original looks at the low 32 bits). */
export function subscriptOf(base: Value, index: Value, scope: Scope, position: number): Value {
  if (base instanceof ErrorValue) return base;
  if (index instanceof ErrorValue) return index;
  if (base === undefined || index === undefined) return undefined;
  if (base instanceof ListValue && isInteger(index)) return itemOf(base, low32(index));
  if (isClassAd(base) && typeof index === 'string') return attributeOf(base, index, scope, position);
  return errorValue(`${typeOf(base)}[${typeOf(index)}] has no meaning`);
}

function itemOf(list: ListValue, at: number): Value {
  return at >= 0 && at < list.length ? list.at(at) : errorValue(`the list has no item ${at}`);
}

/** Unlike a dot, a subscript does not look into the surrounding ads. */
function attributeOf(ad: AttributeTable, name: string, scope: Scope, position: number): Value {
  const key = asciiLower(name);
  return ad.slot(key) === absent ? undefined : scope.within(ad).climb(key, position);
}
