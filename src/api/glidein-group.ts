import * as z from 'zod';
import { pilotSpec } from '#spec/pilot.ts';
import { withRules } from '#spec/rule.ts';
import { deadlines } from './deadlines.ts';
import { breaker } from './failures.ts';
import { glideinGroupStatus } from './glidein-group-status.ts';
import { limits } from './limits.ts';
import { podTemplate } from './pod-template.ts';
import { reference } from './reference.ts';
import { resource } from './resource.ts';
import { startErrors } from './start-errors.ts';

/** One kind of pilot: what it offers, where its pods may run, how many there may be. */
export const glideinGroupSpec = withRules(
  z.strictObject({
    poolRef: reference('GlideinPool').describe('The pool that the pilots register with.'),
    pressurePolicyRef: reference('PressurePolicy')
      .describe('The policy that decides how many pilots there are; instead of replicas.')
      .optional(),
    replicas: z
      .int()
      .min(0)
      .max(100_000)
      .describe('A fixed number of pilots, what kubectl scale writes; instead of pressurePolicyRef.')
      .optional(),
    suspend: z
      .boolean()
      .default(false)
      .describe('While true no pilot is created; those that exist finish their jobs and leave.'),
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
        'How far payloads are kept from the pilot’s pod. UserNamespace: the pod has its own user namespace and an unmasked /proc, each payload its own /proc. Shared: the pod is an ordinary one and payloads see its /proc, for clusters without user namespaces. Auto: the first that a probe pod proves to work.',
      ),
    template: podTemplate,
    deadlines,
    startErrors,
    breaker,
  }),
  [
    {
      cel: 'has(self.replicas) != has(self.pressurePolicyRef)',
      message: 'it is not clear who decides how many pilots there are',
      cure: 'write exactly one of replicas and pressurePolicyRef',
      holds: (value) => (value.replicas === undefined) !== (value.pressurePolicyRef === undefined),
    },
  ],
).describe('One kind of pilot: what it offers, where its pods may run, how many there may be.');

export type GlideinGroupSpec = z.infer<typeof glideinGroupSpec>;

/** The resource GlideinGroup. */
export const glideinGroup = resource('GlideinGroup', glideinGroupSpec, glideinGroupStatus);

export type GlideinGroup = z.infer<typeof glideinGroup>;
