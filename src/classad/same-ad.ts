import type { AttributeTable } from './attribute-table.ts';
import { Computed, type Slot } from './slot.ts';

/**
 * Whether two ads without parents have the same attributes, set in the same order, with the same constants and expressions. If
 * they were written in different ways, they may count as different.
 */
export function isSameAd(a: AttributeTable, b: AttributeTable): boolean {
  if (a.layout !== b.layout || a.slots.length !== b.slots.length) return false;
  return a.slots.every((slot, index) => isSameSlot(slot, b.slots[index]));
}

const isSameSlot = (a: Slot, b: Slot): boolean =>
  a instanceof Computed ? b instanceof Computed && isSame(a.expression, b.expression) : isSame(a, b);

/** Whether two parts of expressions are the same: constants, or plain objects of such parts. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (a === b) return true;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(valueAt(a, key), valueAt(b, key)))
  );
}

const valueAt = (thing: object, key: string): unknown => (thing as Record<string, unknown>)[key];
