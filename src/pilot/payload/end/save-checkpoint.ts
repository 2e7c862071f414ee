import { stat } from 'node:fs/promises';
import { GlideinError } from '#base/error.ts';
import { type Checkpoint, longestCheckpoint } from '#wire/checkpoint.ts';
import { type Uploader, uploadFiles } from '../../transfer/upload.ts';
import type { ClaimDirectory } from '../claim/claim-directory.ts';
import type { Job } from '../claim/job.ts';
import type { InputStamps } from '../start/stage-inputs.ts';
import { findOutputs } from './find-outputs.ts';
import { requireFewHoles } from './output-size.ts';
import { mostStreamBytes } from './truncate-stream.ts';

/** What is saved: the files that the job names for it or, if it names none, its outputs. */
export interface Saved {
  readonly job: Job;
  readonly inputs: InputStamps;
  readonly number: number;
  /** Whether the next execution goes on printing where this one stops. */
  readonly withStreams: boolean;
}

/**
 * Brings what a job has saved of its work into the pool's spool. Call this only when all processes of the payload are dead.
 * @throws GlideinError, errors of the file system: the checkpoint cannot be kept, and an earlier one stays
 */
export async function saveCheckpoint(
  { job, inputs, number, withStreams }: Saved,
  directory: ClaimDirectory,
  { uploader, signal }: { readonly uploader: Uploader; readonly signal: AbortSignal },
): Promise<Checkpoint> {
  const named = job.checkpoints.files ?? job.outputs;
  const { files, folders } = await findOutputs(directory.job, {
    named,
    preservePaths: job.preservePaths,
    inputs,
  });
  requireFewHoles(files, job);
  const checkpoint: Checkpoint = {
    number,
    files: await uploadFiles(uploader, files, signal),
    ...(folders.length === 0 ? {} : { folders: [...folders] }),
  };
  const bytes = Buffer.byteLength(JSON.stringify(checkpoint));
  if (bytes > longestCheckpoint)
    throw new GlideinError(
      'TooLarge',
      `the names of its files take ${bytes} bytes, more than ${longestCheckpoint}`,
      {
        cure: 'pack them into an archive',
      },
    );
  if (!withStreams) return checkpoint;
  for (const name of job.joined ? (['stdout'] as const) : (['stdout', 'stderr'] as const)) {
    const path = directory[name];
    // No job gets more than that back: the next execution then prints from the beginning.
    if ((await stat(path)).size > mostStreamBytes) continue;
    const [file] = await uploadFiles(uploader, [{ name, path, executable: false }], signal);
    if (file !== undefined) checkpoint[name] = file;
  }
  return checkpoint;
}
