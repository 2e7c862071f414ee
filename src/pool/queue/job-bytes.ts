import type { Attempt } from '#wire/jobs.ts';
import type { Cluster, Job } from './job.ts';

/**
 * Bytes of memory. Measured on a million jobs, and rounded up: the job itself with its place in every index, and
 * what a fold and a pass of matching need of it for a moment.
 */
const bare = 640;
const entry = 48;
const file = 240;
const execution = 400;
const list = 48;

/** What a job takes of the pool's memory. Estimated from its parts: nobody can ask the engine. */
export function jobBytes(job: Pick<Job, 'attributes' | 'inputs' | 'outputs' | 'attempts' | 'hold'>): number {
  return (
    bare +
    textsBytes(job.attributes) +
    filesBytes(job.inputs) +
    filesBytes(job.outputs) +
    attemptsBytes(job.attempts) +
    (job.hold === undefined ? 0 : list + job.hold.reason.length)
  );
}

/** What the procs of a cluster share: its ad as text, and parsed. */
export const clusterBytes = ({ ad }: Pick<Cluster, 'ad'>): number => 1024 + 4 * textsBytes(ad);

function textsBytes(texts: Job['attributes']): number {
  let bytes = 0;
  for (const name in texts) bytes += entry + (texts[name]?.length ?? 0);
  return bytes === 0 ? 0 : list + bytes;
}

function filesBytes(files: Job['inputs']): number {
  let bytes = 0;
  for (const { name } of files) bytes += file + name.length;
  return bytes === 0 ? 0 : list + bytes;
}

function attemptsBytes(attempts: readonly Attempt[]): number {
  let bytes = 0;
  for (const { reason } of attempts) bytes += execution + (reason?.length ?? 0);
  return bytes === 0 ? 0 : list + bytes;
}
