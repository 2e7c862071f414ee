import { ErrorValue, errorValue, typeOf, type Value } from '../value.ts';

/** What a strict operator gives when an operand is an error or undefined: errors win over undefined. */
export function strict(left: Value, right: Value): ErrorValue | undefined | 'defined' {
  if (left instanceof ErrorValue) return left;
  if (right instanceof ErrorValue) return right;
  return left === undefined || right === undefined ? undefined : 'defined';
}

/** The error of an operator that is not defined for these types. */
export function mismatch(operator: string, left: Value, right: Value): ErrorValue {
  return errorValue(`${typeOf(left)} ${operator} ${typeOf(right)} has no meaning`);
}
