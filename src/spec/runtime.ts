import * as z from 'zod';
import { binds, network } from './binds.ts';
import { duration } from './fields.ts';
import { images } from './images.ts';
import { limits } from './payload-limits.ts';

/** How payloads are contained. */
export const runtime = z
  .strictObject({
    mode: z
      .enum(['Apptainer'])
      .default('Apptainer')
      .describe('Apptainer: each payload runs in a container of its own.'),
    images,
    limits,
    binds,
    network,
    warm: z
      .strictObject({
        images: z
          .int()
          .min(1)
          .max(64)
          .default(4)
          .describe(
            'The most containers that are kept; beyond that, the one that was used longest ago ends.',
          ),
        idle: duration('How long a container is kept after its last use.').default('10m'),
      })
      .optional()
      .describe(
        'Keep one container of each image, which further payloads enter: they start in milliseconds. Without it, each payload waits for a container of its own.',
      ),
    sessions: z
      .enum(['Allowed', 'Refused'])
      .optional()
      .describe(
        'Allowed, also if absent: the owner of a running job may run commands beside it with `glidein ssh`. Refused: nobody may.',
      ),
  })
  .prefault({})
  .describe('How payloads are contained.');
