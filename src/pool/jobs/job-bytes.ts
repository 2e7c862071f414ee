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

/** What of a job takes memory that depends on what its author and its pilots say. */
type Sized = Pick<Job, 'attributes' | 'inputs' | 'outputs' | 'attempts' | 'hold'> &
  Partial<Pick<Job, 'folders' | 'left' | 'removeReason' | 'holds' | 'vacated'>>;

/** What a job takes of the pool's memory. Estimated from its parts: nobody can ask the engine. */
export function jobBytes(job: Sized): number {
  return (
    bare +
    textsBytes(job.attributes) +
    filesBytes(job.inputs) +
    outputBytes(job) +
    attemptsBytes(job.attempts) +
    (job.hold === undefined ? 0 : list + job.hold.reason.length) +
    (job.removeReason?.length ?? 0) +
    pastBytes(job)
  );
}

function pastBytes({ holds, vacated }: Sized): number {
  let bytes = vacated === undefined ? 0 : list + vacated.reason.length;
  if (holds === undefined) return bytes;
  bytes += 2 * list + entry * Object.keys(holds.byCode).length + (holds.last?.reason.length ?? 0);
  return bytes + (holds.released?.length ?? 0) + (holds.releasedBefore?.length ?? 0);
}

/** What of that its newest execution brought. */
export function outputBytes({
  outputs,
  folders = [],
  left = [],
}: Pick<Sized, 'outputs' | 'folders' | 'left'>): number {
  let bytes = filesBytes(outputs);
  for (const name of folders) bytes += entry + name.length;
  for (const { name, reason } of left) bytes += 2 * entry + name.length + reason.length;
  return bytes;
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
  for (const { reason, outcome } of attempts)
    bytes += execution + (reason?.length ?? 0) + (reasonOf(outcome)?.length ?? 0);
  return bytes === 0 ? 0 : list + bytes;
}

const reasonOf = (outcome: Attempt['outcome']): string | undefined =>
  outcome !== undefined && 'reason' in outcome ? outcome.reason : undefined;
