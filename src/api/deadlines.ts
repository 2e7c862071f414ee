import * as z from 'zod';
import { duration } from '#spec/fields.ts';

/** How long a pilot may stay in each phase on its way; past it, it counts as failed and is deleted. */
export const deadlines = z
  .strictObject({
    unscheduled: duration(
      'Until a node is found. A pod that a queue such as Kueue holds back does not count.',
    ).default('1h'),
    pulling: duration('Until the image is on the node and the volumes are mounted.').default('15m'),
    starting: duration('Until the container runs, after image and volumes are there.').default('5m'),
    unregistered: duration('Until the running pilot has proved its node and registered.').default('10m'),
    terminating: duration(
      'Until a pod that was told to end is gone; then it is deleted by force, unless its pool still waits for its pilot.',
    ).default('10m'),
  })
  .prefault({})
  .describe('How long a pilot may stay in each phase; past it, it counts as failed and is deleted.');

export type Deadlines = z.infer<typeof deadlines>;
