import * as z from 'zod';

/** A label or node label, qualified or not. */
export const labelKey = z
  .string()
  .min(1)
  .max(317)
  .regex(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
    'write a label key',
  );

/** The value of a label. */
export const labelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/, 'write a label value of at most 63 letters');

/** Labels and their values. */
export const labels = (sentence: string) =>
  z.record(labelKey, labelValue).meta({ maxProperties: 64 }).describe(sentence);

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** One condition on a label; for nodes there are two more operators than for pods. */
export const requirement = <Operator extends string>(more: readonly Operator[]) =>
  z.strictObject({
    key: labelKey.describe('The label.'),
    operator: z.enum([...operators, ...more]).describe('How the label is compared.'),
    values: z
      .array(labelValue)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('The values that it is compared with.')
      .optional(),
  });

/** Selects pods by their labels. */
export const labelSelector = z.strictObject({
  matchLabels: labels('Labels that the pods have.').optional(),
  matchExpressions: z
    .array(requirement([]))
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Conditions on labels, all of which must hold.')
    .optional(),
});
