import * as z from 'zod';
import { withRules } from '#spec/rule.ts';
import { statusBase } from './condition.ts';
import { embeddedPool, htcondorPool, remotePool } from './pool-types.ts';
import { resource } from './resource.ts';

/** The other types have schemas, so that their fields are settled, but nothing implements them yet. */
const notYet = {
  message: 'pools of the types Remote and HTCondor are not supported yet',
  cure: 'write type: Embedded, without remote and htcondor, to run a pool here',
};

/** Where jobs wait and slots register. */
export const glideinPoolSpec = withRules(
  z.strictObject({
    type: z
      .enum(['Embedded', 'Remote', 'HTCondor'])
      .describe(
        'Embedded: a pool of this project, run here. Not supported yet, and therefore refused: Remote, a pool that runs at another site or in another namespace, and HTCondor, a real HTCondor pool.',
      ),
    embedded: embeddedPool.optional(),
    remote: remotePool.optional(),
    htcondor: htcondorPool.optional(),
  }),
  [
    { cel: "self.type == 'Embedded'", ...notYet, path: ['type'], holds: ({ type }) => type === 'Embedded' },
    { cel: '!has(self.remote)', ...notYet, path: ['remote'], holds: ({ remote }) => remote === undefined },
    {
      cel: '!has(self.htcondor)',
      ...notYet,
      path: ['htcondor'],
      holds: ({ htcondor }) => htcondor === undefined,
    },
  ],
).describe('Where jobs wait and slots register.');

export type GlideinPoolSpec = z.infer<typeof glideinPoolSpec>;

const count = (sentence: string) => z.int().min(0).optional().describe(sentence);

/** What the operator says about a pool. A number that is missing is unknown. */
export const glideinPoolStatus = z
  .strictObject({
    ...statusBase,
    address: z.string().max(1024).describe('The address of the pool.').optional(),
    jobs: z
      .strictObject({
        idle: count('Waiting jobs.'),
        running: count('Running jobs.'),
        held: count('Held jobs.'),
        completed: count('Jobs that have ended and are still in the queue.'),
      })
      .describe('Jobs by state.')
      .optional(),
    slots: z
      .strictObject({
        total: count('All slots.'),
        idle: count('Slots without a job.'),
        claimed: count('Slots with a job.'),
        draining: count('Slots that accept no new job.'),
      })
      .describe('Slots by state.')
      .optional(),
    lastAnswer: z.iso.datetime().describe('When the pool last gave a valid answer.').optional(),
  })
  .describe('What the operator says about the pool.');

export type GlideinPoolStatus = z.infer<typeof glideinPoolStatus>;

/** The resource GlideinPool. */
export const glideinPool = resource('GlideinPool', glideinPoolSpec, glideinPoolStatus);

export type GlideinPool = z.infer<typeof glideinPool>;
