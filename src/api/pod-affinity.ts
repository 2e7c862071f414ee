import * as z from 'zod';
import { labelSelector, requirement } from './pod-labels.ts';

const list = <Item extends z.ZodType>(item: Item, max: number, sentence: string) =>
  z.array(item).max(max).meta({ 'x-kubernetes-list-type': 'atomic' }).describe(sentence);

const weight = z.int().min(1).max(100).describe('The weight of the preference relative to others.');

const nodeTerm = z.strictObject({
  matchExpressions: list(
    requirement(['Gt', 'Lt']),
    16,
    'Conditions on node labels, all of which must hold.',
  ).optional(),
  matchFields: list(
    requirement(['Gt', 'Lt']),
    16,
    'Conditions on node fields, such as metadata.name.',
  ).optional(),
});

const podTerm = z.strictObject({
  labelSelector: labelSelector.describe('The pods to which the term refers.').optional(),
  topologyKey: z.string().min(1).max(317).describe('The node label whose equal values mean the same place.'),
});

const nodeAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: z
    .strictObject({ nodeSelectorTerms: list(nodeTerm, 16, 'Terms, one of which must match.').min(1) })
    .describe('Conditions that a node must meet.')
    .optional(),
  preferredDuringSchedulingIgnoredDuringExecution: list(
    z.strictObject({ weight, preference: nodeTerm.describe('The preference.') }),
    16,
    'Conditions that a node should meet.',
  ).optional(),
});

const podAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: list(podTerm, 16, 'Terms that must hold.').optional(),
  preferredDuringSchedulingIgnoredDuringExecution: list(
    z.strictObject({ weight, podAffinityTerm: podTerm.describe('The preference.') }),
    16,
    'Terms that should hold.',
  ).optional(),
});

/** Kubernetes' affinity, as far as pilots need it. */
export const affinity = z
  .strictObject({
    nodeAffinity: nodeAffinity.describe('On which nodes the pilots are placed.').optional(),
    podAffinity: podAffinity.describe('Near which pods the pilots are placed.').optional(),
    podAntiAffinity: podAffinity.describe('Away from which pods the pilots are placed.').optional(),
  })
  .describe('On which nodes, and near which pods, the pilots are placed.')
  .optional();
