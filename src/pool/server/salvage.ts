import * as z from 'zod';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { ClaimRef } from '#wire/claim.ts';
import { streamFile } from '#wire/file.ts';
import { type Outcome, outcome, usage } from '#wire/outcome.ts';
import type { Finished, PilotMessage } from '#wire/pilot-messages.ts';
import type { UnreadableMessage } from '#wire/read-message.ts';

/** The parts of a result; each is read independently of the others. */
const parts = z.object({
  outcome: outcome.optional().catch(undefined),
  startedAt: z.number().optional().catch(undefined),
  endedAt: z.number().optional().catch(undefined),
  usage: usage.catch({ wallSeconds: 0 }),
  stdout: streamFile.optional().catch(undefined),
  stderr: streamFile.optional().catch(undefined),
});

/**
 * Rescues what can be understood of a message that breaks its schema. A message about a claim still starts or ends that claim,
 * so that no other comes to harm. Undefined if nothing follows from the message.
 * @param now epoch milliseconds, used if the pilot's own time cannot be read
 */
export function salvage(
  { type, claim, body, reason }: UnreadableMessage,
  now: number,
): PilotMessage | undefined {
  if (type === 'draining' || type === 'leaving') return { type, reason: 'no readable reason was given' };
  if (claim === undefined) return undefined;
  if (type === 'started') return { type, claim, at: now };
  return type === 'finished' ? salvagedResult(claim, body, { reason, now }) : undefined;
}

function salvagedResult(
  claim: ClaimRef,
  body: unknown,
  { reason, now }: { readonly reason: string; readonly now: number },
): Finished {
  const { endedAt = now, outcome: read, ...rest } = parts.parse(body);
  const problem = `the result that the pilot sent cannot be read: ${reason}`;
  return { type: 'finished', claim, ...rest, endedAt, outcome: outcomeWith(read, problem), outputs: [] };
}

/** An outcome without outputs stays as it is. */
function outcomeWith(read: Outcome | undefined, problem: string): Outcome {
  const failed = {
    kind: 'outputFailed' as const,
    holdCode: holdCodes.transferOutput,
    reason: truncate(problem, 4096),
  };
  if (read === undefined) return failed;
  if (read.kind === 'exited') return { ...failed, exit: { exitCode: read.exitCode } };
  return read.kind === 'signalled' ? { ...failed, exit: { signal: read.signal } } : read;
}
