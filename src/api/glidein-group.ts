import * as z from 'zod';
import { pilotSpec } from '#spec/pilot.ts';
import { withRules } from '#spec/rule.ts';
import { glideinGroupStatus } from './glidein-group-status.ts';
import { limits } from './limits.ts';
import { badNodes, breaker, deadlines, startErrors } from './pilot-failures.ts';
import { podTemplate } from './pod-template.ts';
import { reference, resource } from './resource.ts';

/** One kind of pilot: what it offers, where its pods may run, how many there may be. */
export const glideinGroupSpec = withRules(
  z.strictObject({
    poolRef: reference('GlideinPool').describe('The pool that the pilots register with.'),
    pressurePolicyRef: reference('PressurePolicy')
      .describe('The policy that decides how many pilots there are; an alternative to replicas.')
      .optional(),
    replicas: z
      .int()
      .min(0)
      .max(100_000)
      .describe('A fixed number of pilots, as kubectl scale sets it; an alternative to pressurePolicyRef.')
      .optional(),
    suspend: z
      .boolean()
      .default(false)
      .describe('While true, no pilots are created; existing ones finish their jobs and leave.'),
    limits,
    pilot: pilotSpec.describe('What one pilot is: its size, what it offers, when it leaves.'),
    image: z
      .string()
      .min(1)
      .max(1024)
      .describe('The container image of the pilot; the operator’s own if absent.')
      .optional(),
    isolation: z
      .enum(['Auto', 'UserNamespace', 'Shared'])
      .default('Auto')
      .describe(
        'How well payloads are isolated from the pilot’s pod. UserNamespace: the pod has its own user namespace and an unmasked /proc, and each payload has its own /proc. Shared: the pod is an ordinary one and payloads see its /proc, for clusters without user namespaces. Auto: the first of these that a probe pod proves to work.',
      ),
    template: podTemplate,
    deadlines,
    startErrors,
    breaker,
    badNodes,
  }),
  [
    {
      cel: 'has(self.replicas) != has(self.pressurePolicyRef)',
      message: 'it is not clear what decides how many pilots there are',
      cure: 'write exactly one of replicas and pressurePolicyRef',
      holds: (value) => (value.replicas === undefined) !== (value.pressurePolicyRef === undefined),
    },
  ],
).describe('One kind of pilot: what it offers, where its pods may run, how many there may be.');

export type GlideinGroupSpec = z.infer<typeof glideinGroupSpec>;

/** The resource GlideinGroup. */
export const glideinGroup = resource('GlideinGroup', glideinGroupSpec, glideinGroupStatus);

export type GlideinGroup = z.infer<typeof glideinGroup>;
