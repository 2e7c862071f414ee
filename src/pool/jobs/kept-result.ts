import { count } from '#base/count.ts';
import { outputBytes } from './job-bytes.ts';
import type { Next, Result } from './transition.ts';

/**
 * What of a result stays with its job. One that runs again gets other outputs; one that is held stays in memory for as long
 * as its owner likes, so its outputs stay only while the memory has room for them, and the job says so when they do not.
 */
export function keptResult(result: Result, next: Next, hasRoom: (bytes: number) => boolean): Result {
  if (next.state === 'Completed') return result;
  if (next.state === 'Held' && hasRoom(outputBytes(result))) return result;
  const without = { ...result, outputs: [], folders: undefined, left: undefined };
  return next.state === 'Idle' || outputBytes(result) === 0
    ? without
    : { ...without, left: [{ name: count(result.outputs.length, 'output'), reason: noRoom }] };
}

const noRoom = 'the job is held, and the memory of the pool has no room for the outputs of more held jobs';
