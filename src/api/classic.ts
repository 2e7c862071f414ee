import { z } from 'zod';
import { duration } from '#spec/fields.ts';

const count = (value: number, sentence: string) =>
  z.int().min(0).max(10_000_000).default(value).describe(sentence);

const curbed = (max: number, curb: number, sentence: string) =>
  z
    .strictObject({
      max: count(max, 'From here on no pilots are asked for.'),
      curb: count(curb, 'From here on the number asked for is halved.'),
    })
    .prefault({})
    .describe(sentence);

/** The knobs of GlideinWMS's frontend, with its defaults, for those who tune by them. */
export const classic = z
  .strictObject({
    attenuation: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('The share of the missing pilots that is asked for: one in so many (ramp_up_attenuation).'),
    oldAfter: duration('Jobs that wait longer count for the reserve too.').default('10m'),
    reserve: count(5, 'Pilots asked for on top, a third of the old jobs at most (reserve).'),
    maxRequested: count(100, 'Idle pilots that one group asks for (idle_glideins_per_entry max).'),
    minRunning: count(0, 'The demand that is assumed at least (running_glideins_per_entry min).'),
    relativeToQueue: z
      .number()
      .min(0)
      .max(100)
      .default(1.15)
      .describe('Pilots at most, as a multiple of waiting and running work.'),
    groupIdle: curbed(100, 5, 'Idle slots of a group (idle_vms_per_entry).'),
    total: curbed(100_000, 90_000, 'Slots over all groups (running_glideins_total).'),
    totalIdle: curbed(1000, 200, 'Idle slots over all groups (idle_vms_total).'),
  })
  .prefault({})
  .describe(
    'The numbers of the Classic strategy, with GlideinWMS’s names in brackets; Packing does not read them.',
  );

export type Classic = z.infer<typeof classic>;
