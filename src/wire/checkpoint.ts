import * as z from 'zod';
import { jobFile, mostOutputs, relativePath, streamFile } from './file.ts';

/**
 * What a job has saved of its work: the next execution gets these files over its inputs, and goes on writing to these streams.
 * The contents are in the pool's spool.
 */
export const checkpoint = z.object({
  /** Counts the checkpoints of a job from 0 on, over all of its executions: HTCondor's CheckpointNumber. */
  number: z.int().min(0),
  files: z.array(jobFile).max(mostOutputs),
  /** Empty folders. */
  folders: z.array(relativePath).max(mostOutputs).optional(),
  /** Absent if the next execution is to print from the beginning. */
  stdout: streamFile.optional(),
  stderr: streamFile.optional(),
});

export type Checkpoint = z.infer<typeof checkpoint>;

/** The most bytes that the names, digests and sizes of the files may take as JSON: they travel in messages. */
export const longestCheckpoint = 2 ** 20;
