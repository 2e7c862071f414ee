import { count } from '#base/count.ts';
import { outputBytes } from './job-bytes.ts';
import type { Next, Result } from './transition.ts';

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
