import * as z from 'zod';
import { words } from './words.ts';

/** Who is to blame for a payload that could not be started. */
export const startFailureBlame = z.enum(['job', 'pilot']);

/** HTCondor's HoldReasonSubCode: for most hold codes the system's number of an error. Older pilots send none. */
const subcode = z.int().optional();

/** How one execution of a job ended, as the pilot saw it. */
export const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exited'), exitCode: z.int() }),
  /** The signal's name, such as SIGKILL; for one without a name its number, such as SIG34, as debuggers write it. */
  z.object({ kind: z.literal('signalled'), signal: z.string().max(32) }),
  /**
   * The payload's first instruction never ran, or a fault of the node lost its outputs. If the job is to blame it is held; if
   * the pilot is, the job is requeued.
   */
  z.object({
    kind: z.literal('startFailed'),
    blame: startFailureBlame,
    /** HTCondor's hold reason code. */
    holdCode: z.int(),
    subcode,
    reason: words(4096),
  }),
  /** The payload ran, but its outputs could not be delivered or reported: the job is held. */
  z.object({
    kind: z.literal('outputFailed'),
    holdCode: z.int(),
    subcode,
    reason: words(4096),
    /** How the payload itself ended, if that is known. */
    exit: z.union([z.object({ exitCode: z.int() }), z.object({ signal: z.string().max(32) })]).optional(),
  }),
  /** The payload used more than it was given and was killed for it: the job is held, and the reason has the numbers. */
  z.object({ kind: z.literal('exceeded'), holdCode: z.int(), subcode, reason: words(4096) }),
  /** The pilot ended the payload because the pilot is leaving, or because the pool asked it to. */
  z.object({
    kind: z.literal('stopped'),
    reason: words(4096),
    /** Present if the pilot reached the end of its lifetime: how long that is, and how long the payload ran. */
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
