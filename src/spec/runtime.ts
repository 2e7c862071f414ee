import * as z from 'zod';
import { binds, network } from './binds.ts';
import { wordSet } from './list.ts';
import { limits } from './payload-limits.ts';

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
    limits,
    binds,
    network,
  })
  .prefault({})
  .describe('How payloads are contained.');
