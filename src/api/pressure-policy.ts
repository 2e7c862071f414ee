import * as z from 'zod';
import { duration, expression } from '#spec/fields.ts';
import { withRules } from '#spec/rule.ts';
import { statusBase } from './condition.ts';
import { resource } from './resource.ts';

const ramp = z
  .strictObject({
    maxPerStep: z.int().min(1).max(100_000).default(100).describe('Pilots added to a group by one decision.'),
    fraction: z
      .number()
      .min(0.01)
      .max(1)
      .describe('The share of the missing pilots that one decision adds, at least one pilot; 1 if absent.')
      .optional(),
  })
  .prefault({})
  .describe('How fast the number of pilots may grow.');

const groupOrder = withRules(
  z.strictObject({
    mode: z
      .enum(['EvenShare', 'Rank'])
      .default('EvenShare')
      .describe(
        'Who gets a pilot that several groups could provide. EvenShare: each in turn. Rank: the group whose rank is highest and that has room.',
      ),
    rank: expression(
      'A ClassAd expression over the group’s slot ad; the larger, the sooner, such as 0 - Cost.',
    ).optional(),
  }),
  [
    {
      cel: "(self.mode == 'Rank') == has(self.rank)",
      path: ['rank'],
      message: 'rank and mode do not fit each other',
      cure: 'write rank with mode: Rank only, and always then',
      holds: (value) => (value.mode === 'Rank') === (value.rank !== undefined),
    },
  ],
)
  .prefault({})
  .describe('The order of groups that could run the same jobs.');

const removal = z
  .strictObject({
    mode: z
      .enum(['Never', 'Idle'])
      .default('Idle')
      .describe('Never: pilots leave by themselves only. Idle: the pool is asked to release idle ones.'),
    wait: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('Decisions in a row that must find the same surplus before any pilot goes.'),
    margin: z.int().min(0).max(100_000).default(0).describe('Pilots of the surplus that may stay.'),
  })
  .prefault({})
  .describe('What happens to pilots that are not wanted any more; busy ones are never chosen.');

const unknownDemand = z
  .strictObject({
    holdFor: duration('While demand or supply is unknown for less, nothing is created or removed.').default(
      '30m',
    ),
    afterwards: z
      .enum(['Keep', 'Zero'])
      .default('Keep')
      .describe('What follows then. Keep: go on like that. Zero: want no pilots until demand is known.'),
  })
  .prefault({})
  .describe('What happens while the pool gives no answer that can be trusted.');

/** How waiting jobs become a number of pilots for each group. */
export const pressurePolicySpec = z
  .strictObject({
    strategy: z
      .enum(['Packing'])
      .default('Packing')
      .describe('Packing: match waiting jobs with free slots, then pack what is left into new pilots.'),
    jobs: expression('A ClassAd constraint: which jobs count.').default('true'),
    interval: duration('The longest time between two decisions; a change wakes the policy earlier.').default(
      '10s',
    ),
    ramp,
    reserve: z.int().min(0).max(100_000).default(0).describe('Idle pilots that each group keeps.'),
    maxPilots: z
      .int()
      .min(0)
      .max(1_000_000)
      .describe('Pilots of all groups that use the policy; no such limit if absent.')
      .optional(),
    groupOrder,
    removal,
    unknownDemand,
  })
  .describe('How waiting jobs become a number of pilots for each group.');

export type PressurePolicySpec = z.infer<typeof pressurePolicySpec>;

/** What the operator says about a policy. A number that is missing is unknown. */
export const pressurePolicyStatus = z
  .strictObject({
    ...statusBase,
    groups: z.int().min(0).describe('Groups that use the policy.').optional(),
    jobs: z.int().min(0).describe('Waiting jobs that count.').optional(),
    unrunnable: z.int().min(0).describe('Those of them that no group can ever run.').optional(),
    wanted: z.int().min(0).describe('Pilots wanted over all groups.').optional(),
    decision: z.string().max(512).describe('The last decision in one sentence.').optional(),
    decidedAt: z.iso.datetime().describe('When the decision last changed.').optional(),
  })
  .describe('What the operator says about the policy.');

export type PressurePolicyStatus = z.infer<typeof pressurePolicyStatus>;

/** The resource PressurePolicy. */
export const pressurePolicy = resource(
  'PressurePolicy',
  pressurePolicySpec.prefault({}),
  pressurePolicyStatus,
);

export type PressurePolicy = z.infer<typeof pressurePolicy>;
