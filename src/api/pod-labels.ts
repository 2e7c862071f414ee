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
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/, 'write a label value, 63 letters at most');

/** Labels and their values. */
export const labels = (sentence: string) =>
  z.record(labelKey, labelValue).meta({ maxProperties: 64 }).describe(sentence);

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** One comparison of a label; nodes know two operators more than pods. */
export const requirement = <Operator extends string>(more: readonly Operator[]) =>
  z.strictObject({
    key: labelKey.describe('The label.'),
    operator: z.enum([...operators, ...more]).describe('How the label is compared.'),
    values: z
      .array(labelValue)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('What it is compared with.')
      .optional(),
  });

/** Which pods are meant. */
export const labelSelector = z.strictObject({
  matchLabels: labels('Labels that the pods have.').optional(),
  matchExpressions: z
    .array(requirement([]))
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Comparisons that all hold.')
    .optional(),
});
