import * as z from 'zod';
import { objectName } from '#spec/fields.ts';

/** Another resource of the same namespace. */
export const reference = (kind: string) =>
  z.strictObject({ name: objectName(`The name of a ${kind} in the same namespace.`) });
