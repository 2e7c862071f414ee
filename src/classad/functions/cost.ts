import { ListValue, type Value } from '../value.ts';

/** Characters and items that are worked through in the time in which an attribute is read, by a rough estimate. */
const charactersAStep = 1_000;
const itemsAStep = 100;

/** What it costs to read these values, in steps of the evaluation: next to nothing for what people write. */
export function costOfReading(values: readonly Value[]): number {
  let cost = 0;
  for (const value of values) {
    if (typeof value === 'string') cost += value.length / charactersAStep;
    else if (value instanceof ListValue) cost += value.length / itemsAStep;
  }
  return cost;
}
