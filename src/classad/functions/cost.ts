import type { AttributeTable } from '../attribute-table.ts';
import { Absent, Computed } from '../slot.ts';
import { isClassAd, ListValue, type Value } from '../value.ts';

/** Characters and items that are worked through in the time in which an attribute is read, by a rough estimate. */
const charactersAStep = 1_000;
const itemsAStep = 100;
/** Of what is new, which takes memory too: an evaluation makes a million items or ten million characters at most. */
const itemsMadeAStep = 10;
const charactersMadeAStep = 100;
/** Of what {@link sizeOf} counts, where it must be printed or parsed. */
const writtenAStep = 100;

/** What it costs to read these values, in steps of the evaluation: next to nothing for what people write. */
export function costOfReading(values: readonly Value[]): number {
  let cost = 0;
  for (const value of values) {
    if (typeof value === 'string') cost += value.length / charactersAStep;
    else if (value instanceof ListValue) cost += value.length / itemsAStep;
    else if (isClassAd(value)) cost += namesIn(value) / itemsAStep;
  }
  return cost;
}

/** What it costs that a function made this value. */
export function costOfMade(value: Value): number {
  if (typeof value === 'string') return value.length / charactersMadeAStep;
  return value instanceof ListValue && value.expressions === undefined ? costOfMaking(value.length) : 0;
}

/** What it costs to make a list, by its number of items. */
export const costOfMaking = (items: number): number => items / itemsMadeAStep;

/** What it costs to print or to parse something of this size. */
export const costOfWriting = (size: number): number => size / writtenAStep;

/** About how many characters a value takes when it is printed: see `size` of an expression. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  if (isClassAd(value)) return sizeOfAd(value);
  if (!(value instanceof ListValue)) return 1;
  const { expressions } = value;
  return expressions === undefined
    ? value.values().reduce<number>((sum, item) => sum + sizeOf(item), 1)
    : expressions.reduce((sum, { size }) => sum + size, 1);
}

function sizeOfAd(ad: AttributeTable): number {
  let size = ad.parent === undefined ? 1 : sizeOfAd(ad.parent);
  for (const slot of ad.slots) {
    if (slot instanceof Computed) size += slot.expression.size;
    else if (!(slot instanceof Absent)) size += typeof slot === 'string' ? slot.length : 1;
  }
  return size + namesIn(ad) * typicalName;
}

const typicalName = 16;

/** How many names an ad and its parents have; one that is in both counts twice. */
function namesIn(ad: AttributeTable): number {
  return ad.slots.length + (ad.parent === undefined ? 0 : namesIn(ad.parent));
}
