import { ErrorValue, errorValue, truth, typeOf, type Value } from '../value.ts';

/** What a condition may be: true, false, undefined or an error. */
export type Condition = boolean | undefined | ErrorValue;

/** Numbers count as booleans; strings, lists, ads and times are errors. */
export function condition(value: Value): Condition {
  if (typeof value === 'boolean' || value === undefined) return value;
  const known = truth(value);
  if (known !== undefined) return known;
  return value instanceof ErrorValue ? value : errorValue(`${typeOf(value)} is not a condition`);
}

/**
 * `left && right`. Not symmetric: an error on the left stays an error even where the right is false.
 *
 *     left \ right   F  T  U  E
 *     F              F  F  F  F
 *     T              F  T  U  E
 *     U              F  U  U  E
 *     E              E  E  E  E
 */
export function and(left: Condition, right: () => Value): Condition {
  if (left === false || left instanceof ErrorValue) return left;
  const other = condition(right());
  if (left === true || other === false || other instanceof ErrorValue) return other;
  return undefined;
}

/** `left || right`, with the roles of true and false exchanged. */
export function or(left: Condition, right: () => Value): Condition {
  if (left === true || left instanceof ErrorValue) return left;
  const other = condition(right());
  if (left === false || other === true || other instanceof ErrorValue) return other;
  return undefined;
}

export function not(value: Value): Value {
  const known = condition(value);
  return typeof known === 'boolean' ? !known : known;
}
