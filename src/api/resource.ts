import * as z from 'zod';
import { objectName } from '#spec/fields.ts';
import { metadata } from './metadata.ts';

/** The API group and version of every resource here. */
export const apiVersion = 'glidein.dev/v1alpha1';

/** The schema of one kind: envelope, spec and status. */
export function resource<Kind extends string, Spec extends z.ZodType, Status extends z.ZodType>(
  kind: Kind,
  spec: Spec,
  status: Status,
) {
  return z.strictObject({
    apiVersion: z.literal(apiVersion).describe('The version of this schema.'),
    kind: z.literal(kind).describe('The kind of the object.'),
    metadata,
    spec,
    status: status.optional(),
  });
}

/** Another resource of the same namespace. */
export const reference = (kind: string) =>
  z.strictObject({ name: objectName(`The name of a ${kind} in the same namespace.`) });
