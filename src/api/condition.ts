import * as z from 'zod';
import { keyedList } from '#spec/list.ts';

/** Kubernetes' metav1.Condition: one statement about an object that is true, false or unknown, and why. */
export const condition = z.strictObject({
  type: z
    .string()
    .max(64)
    .regex(/^[A-Z][A-Za-z]*$/)
    .describe('The statement, such as Ready.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether the statement is true.'),
  reason: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[A-Z][A-Za-z0-9]*$/)
    .describe('The reason as one word for programs.'),
  message: z.string().max(2048).describe('The reason as a sentence for people.'),
  lastTransitionTime: z.iso.datetime().describe('When the status last changed.'),
  observedGeneration: z.int().min(0).describe('The generation of the spec that the condition refers to.'),
});

export type Condition = z.infer<typeof condition>;

/** The fields that every status begins with. */
export const statusBase = {
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe('The generation of the spec that the status refers to.'),
  conditions: keyedList(condition, 'type', 16)
    .optional()
    .describe('Statements about the object, and their reasons.'),
};
