import * as z from 'zod';
import { adTexts } from './ad-texts.ts';
import { checkpoint } from './checkpoint.ts';
import { claimRef, resources } from './claim.ts';
import { jobFile } from './file.ts';
import { sessionToPilot } from './session-messages.ts';
import { words } from './words.ts';

/** Answer to `hello`. */
export const welcome = z.object({
  type: z.literal('welcome'),
  protocol: z.int(),
  /** Seconds after which the pool takes a silent pilot for dead. Out of contact, the pilot ends its payloads by half of it. */
  leaseSeconds: z.number(),
  /** Claims that are over for the pool: end their payloads, forget them. */
  drop: z.array(claimRef),
  /** Whether this pool reads the `outputList` of a result: older pools ignore it, and the outputs would be lost. */
  outputLists: z.boolean().optional(),
  /** Whether this pool keeps checkpoints. */
  checkpoints: z.boolean().optional(),
  /** Whether this pool takes `slot`. Older pools learn of a changed slot with the next `hello`. */
  slotUpdates: z.boolean().optional(),
});

/**
 * Run this job. The claim is durable before this is sent; it is sent again after a reconnect if the pilot does not know it.
 *
 * **Gotchas.** A pilot may receive it twice and must run it once. The ad carries the texts as they were submitted: if they were
 * printed anew they could grow fivefold, and what was checked at submission would no longer be what is sent.
 */
export const start = z.object({
  type: z.literal('start'),
  claim: claimRef,
  /** `cluster.proc`. */
  job: z.string().max(32),
  ad: adTexts,
  inputs: z.array(jobFile),
  resources,
  /** What an earlier execution saved of its work. */
  checkpoint: checkpoint.optional(),
  /** The pool's span of this execution, as a W3C `traceparent`; absent if it makes none. */
  trace: z.string().max(128).optional(),
});

/** Why the pool stops a payload: its job is removed, held, or to run again. The job may choose a signal for each. */
export const stopCause = z.enum(['remove', 'hold', 'vacate']);

/** End this payload: its job was removed, held or given to another. */
export const stop = z.object({
  type: z.literal('stop'),
  claim: claimRef,
  reason: words(1024),
  /** Older pools do not send it; the pilot then acts as for `vacate`. */
  cause: stopCause.optional(),
});

/** The end of this execution is durable in the pool; the pilot may forget it. */
export const recorded = z.object({ type: z.literal('recorded'), claim: claimRef });

/** The pool has the checkpoint of this number on its disk, or says why it does not keep it. */
export const kept = z.object({
  type: z.literal('kept'),
  claim: claimRef,
  number: z.int(),
  problem: words(1024).optional(),
});

export const renewed = z.object({ type: z.literal('renewed'), sequence: z.int() });

/** Whether any waiting job could run here now. The pilot counts as idle only while there is none. */
export const work = z.object({ type: z.literal('work'), waiting: z.boolean() });

/** Accept no more jobs, and leave when nothing runs. */
export const drain = z.object({ type: z.literal('drain'), reason: words(1024) });

/** The order to drain is withdrawn. Answered by `serving`, or by `draining` if the pilot drains for a reason of its own. */
export const resume = z.object({ type: z.literal('resume') });

/** Somebody wants to read what a running payload has printed: upload it with `PUT /v1/peeks/ID`. */
export const peek = z.object({
  type: z.literal('peek'),
  id: z.string().max(64),
  claim: claimRef,
  stream: z.enum(['stdout', 'stderr']),
  offset: z.int().min(0),
});

export const poolMessage = z.discriminatedUnion('type', [
  welcome,
  start,
  stop,
  recorded,
  kept,
  renewed,
  work,
  drain,
  resume,
  peek,
  sessionToPilot,
]);

export type Start = z.infer<typeof start>;
export type StopCause = z.infer<typeof stopCause>;
export type Peek = z.infer<typeof peek>;
export type Welcome = z.infer<typeof welcome>;
export type PoolMessage = z.infer<typeof poolMessage>;
