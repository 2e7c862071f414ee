import * as z from 'zod';
import { duration } from '#spec/fields.ts';

/** How long a pilot may stay in each phase before it counts as failed and is deleted. */
export const deadlines = z
  .strictObject({
    unscheduled: duration(
      'Until a node is found. Time in which a queue such as Kueue holds the pod back does not count.',
    ).default('1h'),
    pulling: duration('Until the image is on the node and the volumes are mounted.').default('15m'),
    starting: duration('Until the container runs, once image and volumes are there.').default('5m'),
    unregistered: duration('Until the running pilot has checked its node and registered.').default('10m'),
    terminating: duration(
      'Until a pod that was told to end is gone; after that it is deleted by force, unless its pool still waits for its pilot.',
    ).default('10m'),
  })
  .prefault({})
  .describe('How long a pilot may stay in each phase before it counts as failed and is deleted.');

export type Deadlines = z.infer<typeof deadlines>;
