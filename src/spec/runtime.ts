import * as z from 'zod';
import { binds, network } from './binds.ts';
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
  })
  .prefault({})
  .describe('How payloads are contained.');
