import * as z from 'zod';
import { duration, milliseconds } from '../fields.ts';
import { type Rule, withRules } from '../rule.ts';
import { pattern, shortName, words } from './names.ts';

/** The ways in which a running service can be asked how it is. */
const asking = {
  http: z
    .strictObject({
      port: shortName('The name of the port.'),
      path: z
        .string()
        .min(1)
        .max(1024)
        .regex(/^\//, 'write a path that begins with "/"')
        .default('/')
        .describe('The path that is asked for.'),
    })
    .describe('It holds if a GET of this path is answered with a status from 200 to 399.')
    .optional(),
  tcp: z
    .strictObject({ port: shortName('The name of the port.') })
    .describe('It holds if the port accepts a connection.')
    .optional(),
  exec: z
    .strictObject({ command: words('The program and its arguments.', 64).min(1) })
    .describe(
      'It holds if this command ends with 0. It runs in a container of its own, with the image and the directories of the service.',
    )
    .optional(),
};

const pace = {
  period: duration('The time from one check to the next.').default('5s'),
  timeout: duration('A check that takes longer has failed.').default('2s'),
  failureThreshold: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('How many checks in a row must fail before it counts.'),
};

const readinessObject = z.strictObject({
  ...asking,
  log: z
    .strictObject({ pattern: pattern('A regular expression that a line of the output matches.') })
    .describe('It holds from the first line of the output that matches, until the service ends.')
    .optional(),
  ...pace,
  successThreshold: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('How many checks in a row must succeed before it counts.'),
});

const livenessObject = z.strictObject({ ...asking, ...pace });

/** How a service is asked whether it is ready, or alive. */
export type Probe = z.output<typeof livenessObject> &
  Partial<Pick<z.output<typeof readinessObject>, 'log' | 'successThreshold'>>;

const oneOf = (ways: readonly ('http' | 'tcp' | 'exec' | 'log')[]): Rule<Probe> => ({
  cel: `[${ways.map((way) => `has(self.${way})`).join(', ')}].filter(given, given).size() == 1`,
  message: 'the check does not say what is checked, or says it twice',
  cure: `write exactly one of ${ways.join(', ')}`,
  holds: (value) => ways.filter((way) => value[way] !== undefined).length === 1,
});

const hasTime: Rule<Probe> = {
  cel: "duration(self.period) > duration('0s') && duration(self.timeout) > duration('0s')",
  message: 'the check has no time',
  cure: 'write a period and a timeout of at least 1ms',
  holds: ({ period, timeout }) => milliseconds(period) > 0 && milliseconds(timeout) > 0,
};

export const readiness = withRules(readinessObject, [oneOf(['http', 'tcp', 'exec', 'log']), hasTime])
  .describe(
    'How to see that the service can be used. While it cannot, jobs that ask for it do not come here. If this is absent, a service can be used while it runs.',
  )
  .optional();

export const liveness = withRules(livenessObject, [oneOf(['http', 'tcp', 'exec']), hasTime])
  .describe(
    'How to see that the service still works, once it has been ready. One that does not is killed, and has failed.',
  )
  .optional();
