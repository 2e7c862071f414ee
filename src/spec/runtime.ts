import * as z from 'zod';
import { binds, network } from './binds.ts';
import { duration } from './fields.ts';
import { images } from './images.ts';
import { limits } from './payload-limits.ts';
import { withRules } from './rule.ts';

const object = z.strictObject({
  mode: z
    .enum(['Apptainer', 'Direct'])
    .default('Apptainer')
    .describe(
      'Apptainer: each payload runs in a container of its own. Direct: without any, beside the pilot and with its rights, and only jobs that say +WantDirect = true.',
    ),
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
        .describe('The most containers that are kept; beyond that, the one that was used longest ago ends.'),
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
});

/** How payloads are contained. */
export const runtime = withRules(object, [
  {
    cel: "self.mode != 'Direct' || (!has(self.warm) && self.network == 'Shared' && self.binds.size() == 0)",
    path: ['mode'],
    message: 'without a container there is nothing to keep warm, to mount into or to take the network from',
    cure: 'write mode: Apptainer, or leave warm, network and binds out',
    holds: ({ mode, warm, network, binds }) =>
      mode !== 'Direct' || (warm === undefined && network === 'Shared' && binds.length === 0),
  },
])
  .prefault({})
  .describe('How payloads are contained.');
