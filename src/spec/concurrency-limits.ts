import * as z from 'zod';
import { keyedList } from './list.ts';

const concurrencyLimit = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(128)
    .regex(
      /^(\*|[a-z_][a-z0-9_]*(\.(\*|[a-z_][a-z0-9_]*))?)$/,
      'write a name in lower case such as licence or db.read, db.* for all others of db, or * for all others',
    )
    .describe(
      'What jobs write as concurrency_limits, in lower case; the case in which jobs write it makes no difference. db.* stands for all names of db that have no entry, * for all others.',
    ),
  limit: z
    .number()
    .min(0)
    .max(1_000_000_000)
    .describe('How much of it all running jobs may use together. 0: no such job starts.'),
});

/** How much there is of each of the concurrency_limits that jobs name. */
export const concurrencyLimits = keyedList(concurrencyLimit, 'name', 256).default([]);

export type ConcurrencyLimit = z.infer<typeof concurrencyLimit>;
