import * as z from 'zod';
import { byteQuantity } from './fields.ts';

/** What each payload may take besides the memory and the disk that its job asks for. */
export const limits = z
  .strictObject({
    processes: z
      .int()
      .min(16)
      .max(4_194_304)
      .default(16_384)
      .describe('Processes and threads that one job may have at a time; a job that has more is held.'),
    openFiles: z
      .int()
      .min(64)
      .max(1_000_000_000)
      .default(65_536)
      .describe(
        'Files that each process of a job may have open, or fewer if the node allows fewer; a job with more is held.',
      ),
    outputs: byteQuantity(
      'The most that the outputs of one job may have together; a job with more is held. In any case they may not have more than the disk that the job was given, holes in files included.',
    ).optional(),
  })
  .prefault({})
  .describe('What one job may take besides what it asks for.');
