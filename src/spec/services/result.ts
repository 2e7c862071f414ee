import * as z from 'zod';
import { attributeName } from '../fields.ts';
import { withRules } from '../rule.ts';
import { pattern } from './names.ts';

const object = z.strictObject({
  attribute: attributeName.describe(
    'The attribute of the slot that gets the value. Beside it, ATTRIBUTE_At says when it was found, in seconds since 1970, and ATTRIBUTE_Unit and ATTRIBUTE_Version what it means.',
  ),
  file: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^/]+$/, 'write the name of a file in /srv')
    .describe('A JSON file that the service leaves in /srv, with an object.')
    .optional(),
  key: z.string().min(1).max(128).default('score').describe('The member of that object which is the value.'),
  pattern: pattern(
    'A regular expression with a group: in the last line of the output that matches, the group is the value.',
  ).optional(),
  unit: z.string().max(64).default('').describe('The unit of the value.'),
});

/** A value that a service finds out about its node. */
export const serviceResult = withRules(object, [
  {
    cel: 'has(self.file) != has(self.pattern)',
    message: 'the result does not say where it comes from, or says it twice',
    cure: 'write either file or pattern',
    holds: ({ file, pattern: line }) => (file === undefined) !== (line === undefined),
  },
]);

export type ServiceResult = z.output<typeof object>;
