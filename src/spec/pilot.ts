import * as z from 'zod';
import { attributeName, byteQuantity, duration, expression, milliseconds } from './fields.ts';
import { wordSet } from './list.ts';
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

/** How payloads are contained. */
export const runtime = z
  .strictObject({
    mode: z
      .enum(['Apptainer'])
      .default('Apptainer')
      .describe('Apptainer: each payload runs in a container of its own.'),
    images: z
      .strictObject({
        path: z
          .array(z.string().min(1).max(1024).regex(/^\//, 'write an absolute path'))
          .max(16)
          .meta({ 'x-kubernetes-list-type': 'atomic' })
          .default(['/opt/glidein/images'])
          .describe(
            'Directories of expanded images: a job that names the image "hello" gets the first DIRECTORY/hello that exists.',
          ),
        allowed: wordSet(z.string().min(1).max(1024), 64)
          .default([])
          .describe('Further prefixes of absolute paths that a job may name as its image.'),
        default: z.string().max(1024).optional().describe('The image of jobs that name none.'),
      })
      .prefault({})
      .describe('Which images jobs may use.'),
  })
  .prefault({})
  .describe('How payloads are contained.');

/** What one pilot is: its size, what it offers, when it accepts work, when it leaves. */
export const pilotSpec = z.strictObject({
  cpus: z.int().min(1).max(4096).describe('Cores that the pilot offers.'),
  memory: byteQuantity('Memory that the pilot offers.'),
  disk: byteQuantity(
    'Disk that the pilot offers for job directories. Its pod requests a fifth more, at least 256Mi, for the cache of input files.',
  ).default('10Gi'),
  gpus: z.int().min(0).max(64).default(0).describe('GPUs that the pilot offers.'),
  attributes: z
    .record(attributeName, z.union([z.string().max(1024), z.number(), z.boolean()]))
    .meta({ maxProperties: 64, 'x-kubernetes-preserve-unknown-fields': true })
    .default({})
    .describe('Further ClassAd attributes of the slot, such as a site or a processor generation.'),
  start: expression(
    'Which jobs the pilot accepts: a ClassAd expression over the job (TARGET) and the slot (MY).',
  ).default('true'),
  lifetimes,
  runtime,
});

export type PilotSpec = z.infer<typeof pilotSpec>;

/** The size of the cache of input files, relative to the disk that the pilot offers to jobs; it comes on top of that disk. */
const cacheShare = 1 / 5;

/** Bytes; a smaller cache would be of no use. */
const leastCache = 256 * 2 ** 20;

/** The most bytes that the cache of input files keeps. @param disk bytes that the pilot offers to jobs */
export const cacheBytes = (disk: number): number => Math.ceil(Math.max(leastCache, disk * cacheShare));
