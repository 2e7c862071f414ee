import * as z from 'zod';
import { parseDuration } from '#base/duration.ts';
import { parseQuantity, quantityPattern } from '#base/quantity.ts';
import { withRules } from './rule.ts';

/** Whole numbers only: the API server reads `1.5d` as five days. */
const manifestDuration = /^([0-9]+(ms|s|m|h|d))+$/;

/** A duration as it is written in a manifest, such as `20m`. Convert it with {@link milliseconds}. */
export const duration = (sentence: string) =>
  z
    .string()
    .max(20)
    .regex(manifestDuration, 'write a duration in whole numbers, such as 90s, 20m or 1h30m')
    .meta({ format: 'duration' })
    .describe(sentence);

/** A Kubernetes quantity as it is written in a manifest: a string such as `2Gi`, or a plain number. */
export const quantity = (sentence: string) =>
  z
    .union([
      z.int().min(0),
      z.string().max(20).regex(quantityPattern, 'write a quantity such as 500m, 2Gi or 100M'),
    ])
    .meta({ 'x-kubernetes-int-or-string': true })
    .describe(sentence);

const mebi = 2 ** 20;

/** A quantity of memory or disk: at least 1Mi, because `memory: 4` means four bytes and is never what was meant. */
export const byteQuantity = (sentence: string) =>
  withRules(quantity(sentence), [
    {
      cel: `type(self) == int ? self >= ${mebi} : quantity(self).compareTo(quantity('1Mi')) >= 0`,
      message: 'less than 1Mi: a quantity without a unit counts bytes',
      cure: 'write the unit, such as 512Mi or 4Gi',
      holds: (value) => amount(value) >= mebi,
    },
  ]);

/** Milliseconds of a validated duration. */
export const milliseconds = (text: string): number => parseDuration(text);

/** The number that a validated quantity stands for: bytes, or cores. */
export const amount = (value: number | string): number =>
  typeof value === 'number' ? value : parseQuantity(value);

/** A name that Kubernetes accepts for an object (RFC 1123 label). */
export const objectName = (sentence: string) =>
  z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'write at most 63 lower-case letters, digits and "-"')
    .describe(sentence);

/** The name of a ClassAd attribute. */
export const attributeName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'write letters, digits and "_"');

/** A ClassAd expression as text; its syntax is checked where it is read. */
export const expression = (sentence: string) => z.string().min(1).max(4096).describe(sentence);
