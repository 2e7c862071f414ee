import * as z from 'zod';
import { wordSet } from './list.ts';

/** Which images jobs may use. */
export const images = z
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
    files: z
      .enum(['None', 'Published', 'FromJobs'])
      .default('None')
      .describe(
        'Image files (SIF), which need FUSE. Published: run those that lie where images lie. FromJobs: also those that jobs bring along.',
      ),
  })
  .prefault({})
  .describe('Which images jobs may use.');
