import * as z from 'zod';
import { objectName } from './fields.ts';
import { pilotSpec } from './pilot.ts';

const uid = z
  .string()
  .min(1)
  .max(128)
  .describe('The identity under which the operator announced the pilot; in a pod, the uid of the pod.');

/** What a pilot reads from its order file when it starts: who it is, where its pool is, what it offers. */
export const pilotOrder = z.strictObject({
  name: z.string().min(1).max(253).describe('The name of the pod, or of the local process.'),
  uid,
  group: objectName('The GlideinGroup that the pilot belongs to.'),
  site: objectName('The installation that started the pilot.'),
  pool: z.strictObject({
    url: z.string().max(1024).describe('The address of the pool.'),
    tokenFile: z
      .string()
      .max(1024)
      .describe('The file that holds the token; read again for each connection.'),
    caFile: z
      .string()
      .max(1024)
      .optional()
      .describe('The certificate authority of the pool, for https; read again for each connection.'),
  }),
  directory: z
    .string()
    .max(1024)
    .describe('Where the pilot keeps job directories; it must be able to write there.'),
  cacheDirectory: z.string().max(1024).describe('Where input files are kept for further jobs.'),
  noticeFile: z
    .string()
    .max(1024)
    .optional()
    .describe('Where somebody may write when the pilot must be gone: seconds since the epoch, or a date.'),
  apptainer: z.string().max(1024).optional().describe('The apptainer to use before any other.'),
  spec: pilotSpec,
});

/** An order as it is written to the file: a pod's uid is known only once the pod exists, so a pod gets it as a flag. */
export const writtenOrder = pilotOrder.extend({ uid: uid.optional() });

export type PilotOrder = z.infer<typeof pilotOrder>;

export type WrittenOrder = z.infer<typeof writtenOrder>;
