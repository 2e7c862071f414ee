import * as z from 'zod';
import { slotAdTexts } from './ad-texts.ts';
import { checkpoint } from './checkpoint.ts';
import { claimRef } from './claim.ts';
import { digest, jobFile, leftFile, mostOutputs, relativePath, streamFile } from './file.ts';
import { lack } from './finding.ts';
import { outcome, usage } from './outcome.ts';
import { sessionFromPilot } from './session-messages.ts';
import { words } from './words.ts';

/** Epoch milliseconds by the pilot's clock. */
const stamp = z.number();

/** First message of a connection: who I am, what I offer, which claims I hold. */
export const hello = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  uid: z.string().max(128),
  /** Unique for each process: it distinguishes two processes with the same uid. Older pilots do not send it. */
  process: z.string().max(64).optional(),
  /**
   * Counts the connections of this process. A network may deliver the hello of a connection that its pilot has given up after
   * that of the next one, and what it says of claims is then no longer true. Older pilots do not send it.
   */
  connection: z.int().min(0).optional(),
  name: z.string().max(253),
  group: z.string().max(63),
  site: z.string().max(63),
  /** The whole slot: what it offers when nothing is claimed. */
  slot: slotAdTexts,
  /** What the pilot's node lacks, and what shows it. Older pilots do not send it. */
  lacks: z.array(lack).max(32).optional(),
  /** Seconds until the pilot accepts no new job. */
  retireIn: z.number(),
  /** Seconds until the pilot ends, whatever still runs. Older pools refuse a pilot that does not send it. */
  endIn: z.number().optional(),
  draining: z.boolean(),
  /** Whether it understands `resume`. Older pilots do not send it. */
  resumes: z.boolean().optional(),
  /** Whether its group lets the owner of a job into it. Older pilots do not send it, and can let nobody in. */
  sessions: z.enum(['Allowed', 'Refused']).optional(),
  /** A claim that cannot be read is skipped: it must not keep away a pilot whose other claims are fine. */
  claims: z
    .array(z.unknown())
    .transform((claims) => claims.flatMap((claim) => claimRef.safeParse(claim).data ?? [])),
});

/** The payload's process runs. */
export const started = z.object({
  type: z.literal('started'),
  claim: claimRef,
  at: stamp,
  /** Seconds that its container took to come up; only the first time that this is said, so that it is counted once. Older pilots do not send it. */
  containerSeconds: z.number().min(0).optional(),
});

/**
 * The execution is over and its files are in the pool's spool. Sent again until `recorded` comes.
 *
 * **Gotchas.** It comes more than once, also after the job has run elsewhere. One that the pool cannot read ends its own claim
 * as a failed output and never the connection: said first on each new connection, it would keep every other result of the
 * pilot from the pool. Ten thousand outputs do not fit into a message, so their list travels as a file.
 */
export const finished = z.object({
  type: z.literal('finished'),
  claim: claimRef,
  outcome,
  startedAt: stamp.optional(),
  endedAt: stamp,
  usage,
  outputs: z.array(jobFile).max(mostOutputs),
  /** Replaces `outputs` and `folders` when those would be long: a file in the spool with one {@link outputLine} per line. */
  outputList: z.object({ digest, size: z.int().min(0) }).optional(),
  stdout: streamFile.optional(),
  stderr: streamFile.optional(),
  /** Empty folders among the outputs. */
  folders: z.array(relativePath).max(mostOutputs).optional(),
  /** What does not come back, and why. */
  left: z.array(leftFile).max(100).optional(),
});

/**
 * The job has saved its work, and the files are in the pool's spool. It may be running again already. Sent again on each new
 * connection until `kept` comes. An older pool passes it over.
 */
export const checkpointed = z.object({
  type: z.literal('checkpointed'),
  claim: claimRef,
  at: stamp,
  checkpoint,
});

/** I am alive; renews every claim that I hold. Answered by `renewed` with the same number. */
export const renew = z.object({ type: z.literal('renew'), sequence: z.int() });

/** I accept no new jobs, and I leave once nothing runs here. */
export const drainingNotice = z.object({ type: z.literal('draining'), reason: words(1024) });

/** After `resume`: I accept jobs again. */
export const servingNotice = z.object({ type: z.literal('serving') });

/** The whole slot has changed since `hello`, for instance because a service is ready. Sent only to pools whose welcome says `slotUpdates`. */
export const slotUpdate = z.object({ type: z.literal('slot'), slot: slotAdTexts });

/** Nothing runs here any more, and this connection is my last. */
export const leaving = z.object({ type: z.literal('leaving'), reason: words(1024) });

export const pilotMessage = z.discriminatedUnion('type', [
  hello,
  started,
  finished,
  checkpointed,
  renew,
  drainingNotice,
  servingNotice,
  slotUpdate,
  sessionFromPilot,
  leaving,
]);

export type Hello = z.infer<typeof hello>;
export type Checkpointed = z.infer<typeof checkpointed>;
export type Finished = z.infer<typeof finished>;
export type PilotMessage = z.infer<typeof pilotMessage>;
