import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';

/**
 * A value without what its schema fills in by itself: the schema reads the result as the same value, and so does an older version
 * of the schema that lacks some of the fields, as long as nobody has set these.
 * @param value has been parsed with the schema
 */
export function withoutDefaults(schema: z.core.$ZodType, value: unknown): unknown {
  const own = unwrapped(schema);
  if (own instanceof z.ZodArray && Array.isArray(value))
    return value.map((each) => withoutDefaults(own.element, each));
  if (!(own instanceof z.ZodObject) || typeof value !== 'object' || value === null) return value;
  const shape: Readonly<Record<string, z.core.$ZodType>> = own.shape;
  const kept = Object.entries(value).flatMap(([name, set]) => {
    const field = shape[name];
    if (field === undefined) return [[name, set]];
    return isDefault(field, set) ? [] : [[name, withoutDefaults(field, set)]];
  });
  return Object.fromEntries(kept);
}

function isDefault(field: z.core.$ZodType, value: unknown): boolean {
  const absent = z.safeParse(field, undefined);
  return absent.success && isDeepStrictEqual(absent.data, value);
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const wraps =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
  return wraps ? unwrapped(schema.unwrap()) : schema;
}
