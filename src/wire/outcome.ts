import * as z from 'zod';
import { words } from './words.ts';

/** Why a payload could not be started, as far as its job or its pilot is to blame. */
export const startFailureBlame = z.enum(['job', 'pilot']);

/** How one execution of a job ended, as the pilot saw it. */
export const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exited'), exitCode: z.int() }),
  /** A signal by its name, such as SIGKILL; one that has none by its number, such as SIG34, as debuggers write it. */
  z.object({ kind: z.literal('signalled'), signal: z.string().max(32) }),
  /**
   * The payload's own first instruction never ran, or its outputs are lost to a fault of the node. The job is to blame: it
   * is held. The pilot: it is requeued.
   */
  z.object({
    kind: z.literal('startFailed'),
    blame: startFailureBlame,
    /** HTCondor's hold reason code. */
    holdCode: z.int(),
    reason: words(4096),
  }),
  /** The payload ran, but what it promised could not be delivered, or not be told: the job is held. */
  z.object({
    kind: z.literal('outputFailed'),
    holdCode: z.int(),
    reason: words(4096),
    /** How the payload itself ended, if that is known. */
    exit: z.union([z.object({ exitCode: z.int() }), z.object({ signal: z.string().max(32) })]).optional(),
  }),
  /** The payload used more than it was given and was killed for it: the job is held, with the numbers. */
  z.object({ kind: z.literal('exceeded'), holdCode: z.int(), reason: words(4096) }),
  /** The pilot ended the payload: because it leaves, or because the pool asked. */
  z.object({
    kind: z.literal('stopped'),
    reason: words(4096),
    /** Present when the pilot had come to the end of its life: how long that is, and how long the payload ran. */
    endOfLife: z.object({ lifeSeconds: z.number().min(0), ranSeconds: z.number().min(0) }).optional(),
  }),
]);

export type Outcome = z.infer<typeof outcome>;

/** What an execution used: seconds and bytes. */
export const usage = z.object({
  wallSeconds: z.number().min(0),
  cpuSeconds: z.number().min(0).optional(),
  memoryPeakBytes: z.number().min(0).optional(),
  diskPeakBytes: z.number().min(0).optional(),
});

export type Usage = z.infer<typeof usage>;
