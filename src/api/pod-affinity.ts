import * as z from 'zod';
import { labelSelector, requirement } from './pod-labels.ts';

const list = <Item extends z.ZodType>(item: Item, max: number, sentence: string) =>
  z.array(item).max(max).meta({ 'x-kubernetes-list-type': 'atomic' }).describe(sentence);

const weight = z.int().min(1).max(100).describe('How much the wish weighs against others.');

const nodeTerm = z.strictObject({
  matchExpressions: list(
    requirement(['Gt', 'Lt']),
    16,
    'Comparisons of node labels that all hold.',
  ).optional(),
  matchFields: list(
    requirement(['Gt', 'Lt']),
    16,
    'Comparisons of node fields, such as metadata.name.',
  ).optional(),
});

const podTerm = z.strictObject({
  labelSelector: labelSelector.describe('The pods that are meant.').optional(),
  topologyKey: z.string().min(1).max(317).describe('The node label that says what "the same place" is.'),
});

const nodeAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: z
    .strictObject({ nodeSelectorTerms: list(nodeTerm, 16, 'Of these terms one must fit.').min(1) })
    .describe('What a node must be.')
    .optional(),
  preferredDuringSchedulingIgnoredDuringExecution: list(
    z.strictObject({ weight, preference: nodeTerm.describe('The wish.') }),
    16,
    'What a node should be.',
  ).optional(),
});

const podAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: list(podTerm, 16, 'What must hold.').optional(),
  preferredDuringSchedulingIgnoredDuringExecution: list(
    z.strictObject({ weight, podAffinityTerm: podTerm.describe('The wish.') }),
    16,
    'What should hold.',
  ).optional(),
});

/** Kubernetes' affinity, as far as pilots need it. */
export const affinity = z
  .strictObject({
    nodeAffinity: nodeAffinity.describe('Which nodes the pilots go to.').optional(),
    podAffinity: podAffinity.describe('Which pods the pilots go near to.').optional(),
    podAntiAffinity: podAffinity.describe('Which pods the pilots keep away from.').optional(),
  })
  .describe('Which nodes the pilots go to, and near which pods.')
  .optional();
