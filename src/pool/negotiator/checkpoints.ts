import type { Clock } from '#base/clock.ts';
import type { Checkpointed } from '#wire/pilot-messages.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import type { Pilot } from '../collector/pilot.ts';
import { hasClaim, type Job } from '../jobs/job.ts';
import { checkpointBytes } from '../jobs/job-bytes.ts';
import { keyOf } from '../jobs/job-key.ts';
import { startMessage } from '../jobs/start-message.ts';
import type { Ledger } from '../queue/ledger.ts';
import { hasMemory, type MemoryShares } from '../queue/memory.ts';
import type { Queue } from '../queue/queue.ts';

interface CheckpointOptions {
  readonly memory: MemoryShares;
  readonly queue: Queue;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/**
 * Records what a job has saved of its work, in place of what it saved before. Its pilot hears `kept` once that is durable, or
 * why it is not kept: the payload goes on in any case, and its next checkpoint may fit. A repetition changes nothing.
 * @param job whose claim it is; undefined if that is over, and nobody needs the checkpoint any more
 */
export async function keepCheckpoint(
  { memory, queue, ledger, clock }: CheckpointOptions,
  pilot: Pilot,
  job: Job | undefined,
  { claim, checkpoint }: Checkpointed,
): Promise<void> {
  const { number } = checkpoint;
  const isNew = job !== undefined && number > (job.checkpoint?.number ?? -1);
  const problem = isNew ? problemOf(job, checkpoint, { memory, queue }) : undefined;
  const at = clock.wall();
  if (isNew && problem === undefined)
    await ledger.record({ type: 'checkpoint', at, job: keyOf(job), epoch: claim.epoch, checkpoint });
  // A repetition may overtake the commit of the first.
  else await ledger.settled();
  pilot.connection?.send({ type: 'kept', claim, number, ...(problem === undefined ? {} : { problem }) });
}

/** Why the pool cannot keep the checkpoint. */
function problemOf(
  job: Job,
  checkpoint: Checkpointed['checkpoint'],
  { memory, queue }: Pick<CheckpointOptions, 'memory' | 'queue'>,
): string | undefined {
  const { owner } = job.cluster;
  const held = { all: queue.bytes, owner: queue.bytesOf(owner) };
  if (!hasMemory(memory, held, checkpointBytes(checkpoint)))
    return 'the pool has no memory for the names of its files';
  if (!hasClaim(job)) return undefined;
  const { ref, takes } = job.claim;
  const bytes = Buffer.byteLength(JSON.stringify(startMessage({ ...job, checkpoint }, ref, takes)));
  if (bytes <= maxMessageBytes) return undefined;
  return `the job and the names of its files take ${bytes} bytes, and a message may have at most ${maxMessageBytes}: pack them into an archive`;
}
