import { count } from '#base/count.ts';
import type { Checkpoint } from '#wire/checkpoint.ts';
import type { Attempt } from '#wire/jobs.ts';
import type { Cluster, Job } from './job.ts';
import type { Next, Result } from './transition.ts';

/**
 * Bytes of memory, measured with a million jobs and rounded up: the job itself, its places in every index, and what a fold
 * and a negotiation briefly need for it.
 */
const bare = 640;
const entry = 48;
const file = 240;
const execution = 400;
const list = 48;

/** The parts of a job whose size depends on its author and its pilots. */
type Sized = Pick<Job, 'attributes' | 'inputs' | 'outputs' | 'attempts' | 'hold'> &
  Partial<Pick<Job, 'folders' | 'left' | 'removeReason' | 'holds' | 'vacated' | 'checkpoint'>>;

/** The memory that a job takes, estimated from its parts, since the engine does not tell. */
export function jobBytes(job: Sized): number {
  return (
    bare +
    textsBytes(job.attributes) +
    filesBytes(job.inputs) +
    outputBytes(job) +
    (job.checkpoint === undefined ? 0 : checkpointBytes(job.checkpoint)) +
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

/** The part of it that is due to the outputs of the newest execution. */
export function outputBytes({ outputs, folders, left }: Pick<Sized, 'outputs' | 'folders' | 'left'>): number {
  let bytes = filesBytes(outputs);
  if (folders !== undefined) for (const name of folders) bytes += entry + name.length;
  if (left !== undefined)
    for (const { name, reason } of left) bytes += 2 * entry + name.length + reason.length;
  return bytes;
}

/** The part of it that is due to what the job has saved. */
export const checkpointBytes = ({ files, folders = [], stdout, stderr }: Checkpoint): number =>
  list +
  filesBytes([...files, ...[stdout, stderr].filter((stream) => stream !== undefined)]) +
  folders.reduce((bytes, name) => bytes + entry + name.length, 0);

/** The memory of what a cluster's procs share: its ad as text, and parsed. */
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

/**
 * The part of a result that its job keeps. A job that runs again will have other outputs. A held job may stay in memory for a
 * long time, so it keeps its outputs only if there is memory for them, and says so if there is not.
 */
export function keptResult(result: Result, next: Next, hasRoom: (bytes: number) => boolean): Result {
  if (next.state === 'Completed') return result;
  if (next.state === 'Held' && hasRoom(outputBytes(result))) return result;
  const without = { ...result, outputs: [], folders: undefined, left: undefined };
  return next.state === 'Idle' || outputBytes(result) === 0
    ? without
    : { ...without, left: [{ name: count(result.outputs.length, 'output'), reason: noRoom }] };
}

const noRoom = 'the job is held, and the pool has no memory for the outputs of more held jobs';
