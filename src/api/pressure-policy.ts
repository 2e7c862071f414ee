import * as z from 'zod';
import { duration, expression } from '#spec/fields.ts';
import { withRules } from '#spec/rule.ts';
import { statusBase } from './condition.ts';
import { resource } from './resource.ts';

const ramp = z
  .strictObject({
    maxPerStep: z
      .int()
      .min(1)
      .max(100_000)
      .default(100)
      .describe('The most pilots that one decision adds to a group.'),
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
        'Which of several suitable groups gets the next pilot. EvenShare: each in turn. Rank: the group with the highest rank that has room.',
      ),
    rank: expression(
      'A ClassAd expression over the group’s slot ad, such as 0 - Cost; groups with larger values come first, those of other sites that feed the pool included.',
    ).optional(),
  }),
  [
    {
      cel: "(self.mode == 'Rank') == has(self.rank)",
      path: ['rank'],
      message: 'rank and mode do not fit together',
      cure: 'write rank with mode: Rank, and not with any other mode',
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
      .describe('Never: pilots only leave by themselves. Idle: the pool is asked to release idle pilots.'),
    wait: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('How many decisions in a row must find a surplus before any pilot is released.'),
    margin: z.int().min(0).max(100_000).default(0).describe('How many surplus pilots may stay.'),
  })
  .prefault({})
  .describe('What happens to pilots that are no longer wanted; busy ones are never released.');

const unknownDemand = z
  .strictObject({
    holdFor: duration(
      'Until demand or supply has been unknown for this long, nothing is created or removed.',
    ).default('30m'),
    afterwards: z
      .enum(['Keep', 'Zero'])
      .default('Keep')
      .describe(
        'What happens after that. Keep: still nothing. Zero: no pilots are wanted until demand is known.',
      ),
  })
  .prefault({})
  .describe('What happens while the pool gives no valid answer.');

/** How the waiting jobs determine the number of pilots of each group. */
export const pressurePolicySpec = z
  .strictObject({
    strategy: z
      .enum(['Packing'])
      .default('Packing')
      .describe('Packing: match waiting jobs with free slots, then pack the rest into new pilots.'),
    jobs: expression('A ClassAd constraint that selects the jobs that count.').default('true'),
    interval: duration('The longest time between two decisions; a change triggers one earlier.').default(
      '10s',
    ),
    ramp,
    reserve: z.int().min(0).max(100_000).default(0).describe('How many idle pilots each group keeps.'),
    maxPilots: z
      .int()
      .min(0)
      .max(1_000_000)
      .describe('The most pilots of all groups together that use the policy; no such limit if absent.')
      .optional(),
    groupOrder,
    removal,
    unknownDemand,
  })
  .describe('How the waiting jobs determine the number of pilots of each group.');

export type PressurePolicySpec = z.infer<typeof pressurePolicySpec>;

/** What the operator says about a policy. A number that is missing is unknown. */
export const pressurePolicyStatus = z
  .strictObject({
    ...statusBase,
    groups: z.int().min(0).describe('Groups that use the policy.').optional(),
    jobs: z.int().min(0).describe('Waiting jobs that count.').optional(),
    unrunnable: z.int().min(0).describe('Those of these jobs that no group can ever run.').optional(),
    wanted: z.int().min(0).describe('Pilots wanted in all groups together.').optional(),
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
