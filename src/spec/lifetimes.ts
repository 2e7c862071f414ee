import * as z from 'zod';
import { duration, milliseconds } from './fields.ts';
import { withRules } from './rule.ts';

/** When a pilot leaves of its own accord. */
export const lifetimes = withRules(
  z.strictObject({
    maxIdle: duration('Leave if no job has come for this long since the start.').default('20m'),
    maxTail: duration('Leave if no job has come for this long since the last one ended.').default('5m'),
    retireAfter: duration('Accept no new job after this age.').default('6h'),
    endAfter: duration('Leave at this age, even if jobs still run: they are requeued.').default('36h'),
    grace: duration('The time that a payload gets between SIGTERM and SIGKILL.').default('30s'),
  }),
  [
    {
      cel: 'self.retireAfter <= self.endAfter',
      path: ['retireAfter'],
      message: 'retireAfter is longer than endAfter: the pilot would be gone before it retires',
      cure: 'write an endAfter that leaves the last job time to finish, or a shorter retireAfter',
      holds: (value) => milliseconds(value.retireAfter) <= milliseconds(value.endAfter),
    },
  ],
)
  .prefault({})
  .describe('When a pilot leaves of its own accord.');
