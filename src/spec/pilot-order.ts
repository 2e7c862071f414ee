import { z } from 'zod';
import { objectName } from './fields.ts';
import { pilotSpec } from './pilot.ts';

/** What a pilot reads at its start, from the file that it is given: who it is, where its pool is, what it offers. */
export const pilotOrder = z.strictObject({
  name: z.string().min(1).max(253).describe('The name of the pod, or of the local process.'),
  uid: z.string().min(1).max(128).describe('The identity under which the operator announced the pilot.'),
  group: objectName('The GlideinGroup that the pilot belongs to.'),
  site: objectName('The installation that started the pilot.'),
  pool: z.strictObject({
    url: z.string().max(1024).describe('Where the pool answers.'),
    tokenFile: z
      .string()
      .max(1024)
      .describe('The file that holds the token; read again for each connection.'),
    caFile: z.string().max(1024).optional().describe('The certificate authority of the pool, for https.'),
  }),
  directory: z
    .string()
    .max(1024)
    .describe('Where the pilot keeps job directories; it must be able to write there.'),
  cacheDirectory: z.string().max(1024).describe('Where input files are kept for further jobs.'),
  apptainer: z.string().max(1024).optional().describe('The apptainer to use before any other.'),
  spec: pilotSpec,
});

export type PilotOrder = z.infer<typeof pilotOrder>;
