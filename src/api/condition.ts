import * as z from 'zod';
import { keyedList } from '#spec/list.ts';

/** What Kubernetes calls metav1.Condition: one thing that is true, false or unknown about an object, and why. */
export const condition = z.strictObject({
  type: z
    .string()
    .max(64)
    .regex(/^[A-Z][A-Za-z]*$/)
    .describe('What the condition is about, such as Ready.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  reason: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[A-Z][A-Za-z0-9]*$/)
    .describe('The reason as one word for programs.'),
  message: z.string().max(2048).describe('The reason as a sentence for people.'),
  lastTransitionTime: z.iso.datetime().describe('When the status last changed.'),
  observedGeneration: z.int().min(0).describe('The generation of the spec that this was said about.'),
});

export type Condition = z.infer<typeof condition>;

/** What every status begins with. */
export const statusBase = {
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe('The generation of the spec that the status is about.'),
  conditions: keyedList(condition, 'type', 16).optional().describe('What holds for the object, and why.'),
};
