import * as z from 'zod';
import { withGroupRules } from './accounting-rules.ts';
import { duration } from './fields.ts';
import { keyedList } from './list.ts';
import { withRules } from './rule.ts';

const accountingGroup = withRules(
  z.strictObject({
    name: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'write words joined by ".", such as atlas.production')
      .describe('The name that jobs write as accounting_group; a dot makes a group within a group.'),
    cores: z.int().min(0).max(10_000_000).describe('Its quota in cores.').optional(),
    share: z.number().min(0).max(1).describe('Its quota as a share of the enclosing group.').optional(),
    surplus: z.boolean().default(true).describe('Whether it may use what other groups leave unused.'),
    priorityFactor: z
      .number()
      .min(1)
      .max(1_000_000_000)
      .describe(
        'The priority factor of its users, unless an admin has set one of their own: who has twice the factor gets half as much. 1000 if absent.',
      )
      .optional(),
  }),
  [
    {
      cel: 'has(self.cores) != has(self.share)',
      message: 'the quota is given twice or not at all',
      cure: 'write exactly one of cores and share',
      holds: (value) => (value.cores === undefined) !== (value.share === undefined),
    },
  ],
);

/** The most groups of a pool: rules compare each with each, and the API server bounds what a rule may cost. */
const mostGroups = 100;

/** How slots are divided when there are not enough for everybody: HTCondor's fair share and group quotas. */
export const accounting = z.strictObject({
  halfLife: duration('The time after which past usage counts half.').default('24h'),
  groups: withGroupRules(keyedList(accountingGroup, 'name', mostGroups))
    .default([])
    .describe('Accounting groups and their quotas.'),
  scoreAttribute: z
    .string()
    .max(128)
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]*$/,
      'write the name of an attribute of slots, such as the one that a benchmark service gives its result',
    )
    .describe(
      'The attribute of slots that tells how fast each of their cores is, such as the result of a benchmark. The pool then also counts core-seconds times this score, for each submitter and accounting group; it changes no share.',
    )
    .optional(),
});

export type AccountingGroup = z.infer<typeof accountingGroup>;
export type Accounting = z.infer<typeof accounting>;
