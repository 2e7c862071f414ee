import * as z from 'zod';
import { duration, milliseconds } from './fields.ts';
import { keyedList } from './list.ts';
import { withRules } from './rule.ts';

/** A script of the administrator that judges a node before it gets jobs, and then from time to time. */
const check = withRules(
  z.strictObject({
    name: z
      .string()
      .min(1)
      .max(40)
      .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'write letters, digits and "_", beginning with a letter')
      .describe('Its name in reasons, in logs, and in the attribute GLIDEIN_Validation_NAME of the slot.'),
    image: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe(
        'The image in which it runs, as jobs name it. In the container of the pilot itself if absent.',
      ),
    command: z
      .array(z.string().min(1).max(8192))
      .min(1)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe(
        'The program and its arguments. It passes with exit code 0. Its lines `Name = expression` become attributes of the slot.',
      ),
    timeLimit: duration('It fails if it takes longer.').default('1m'),
    period: duration(
      'Run it again after this time. Only once, before the pilot registers, if absent.',
    ).optional(),
    onFailure: z
      .enum(['Fail', 'Pause', 'Advertise'])
      .default('Fail')
      .describe(
        'What happens if it fails. Fail: the pilot does not register, or accepts no more jobs and leaves. Pause: the pilot accepts no jobs until it passes again. Advertise: jobs decide by the attribute.',
      ),
  }),
  [
    {
      cel: "self.onFailure != 'Pause' || has(self.period)",
      path: ['onFailure'],
      message: 'Pause without a period: the pilot would wait for ever',
      cure: 'write a period, or onFailure: Fail',
      holds: ({ onFailure, period }) => onFailure !== 'Pause' || period !== undefined,
    },
    {
      cel: "!has(self.period) || self.period >= duration('10s')",
      path: ['period'],
      message: 'a period of less than 10s: the node would be busy with being validated',
      cure: 'write a period of at least 10s',
      holds: ({ period }) => period === undefined || milliseconds(period) >= 10_000,
    },
  ],
);

export const validation = keyedList(check, 'name', 16)
  .default([])
  .describe(
    'Scripts that judge the node: all must pass before the pilot gets jobs, unless they say otherwise.',
  );

export type Check = z.infer<typeof check>;
