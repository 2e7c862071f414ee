import * as z from 'zod';
import { adTexts } from './ad-texts.ts';
import { claimRef, resources } from './claim.ts';
import { jobFile } from './file.ts';
import { words } from './words.ts';

/** Answer to `hello`. */
export const welcome = z.object({
  type: z.literal('welcome'),
  protocol: z.int(),
  /** Seconds after which the pool takes a silent pilot for dead. The pilot must be quiet by half of it. */
  leaseSeconds: z.number(),
  /** Claims that are over for the pool: end their payloads, forget them. */
  drop: z.array(claimRef),
  /** Whether it reads the `outputList` of a result: pools of older versions pass it over, and the outputs with it. */
  outputLists: z.boolean().optional(),
});

/**
 * Run this job. Durable in the pool before it is sent; sent again after a reconnect if no sign of it came.
 *
 * **Gotchas.** A pilot may hear it twice and runs it once. The ad carries the texts as they were submitted: printed anew
 * they grow, up to fivefold, and what was checked at the submission would no longer be what is sent.
 */
export const start = z.object({
  type: z.literal('start'),
  claim: claimRef,
  /** `cluster.proc`. */
  job: z.string().max(32),
  ad: adTexts,
  inputs: z.array(jobFile),
  resources,
});

/** Why the pool stops a payload, as far as its job has a say in how: its job is removed, held, or is to run again. */
export const stopCause = z.enum(['remove', 'hold', 'vacate']);

/** End this payload: its job was removed, held or given to another. */
export const stop = z.object({
  type: z.literal('stop'),
  claim: claimRef,
  reason: words(1024),
  /** Pools of older versions do not say it: as if the job were vacated. */
  cause: stopCause.optional(),
});

/** The pool has recorded the end of this execution for good; the pilot may forget it. */
export const recorded = z.object({ type: z.literal('recorded'), claim: claimRef });

export const renewed = z.object({ type: z.literal('renewed'), sequence: z.int() });

/** Whether any waiting job could run here now: idle clocks run only while there is none. */
export const work = z.object({ type: z.literal('work'), waiting: z.boolean() });

/** Accept nothing more and leave when nothing runs. */
export const drain = z.object({ type: z.literal('drain'), reason: words(1024) });

/** Somebody wants to read what a running payload printed: put it to `/v1/peeks/ID`. */
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
  renewed,
  work,
  drain,
  peek,
]);

export type Start = z.infer<typeof start>;
export type StopCause = z.infer<typeof stopCause>;
export type Peek = z.infer<typeof peek>;
export type Welcome = z.infer<typeof welcome>;
export type PoolMessage = z.infer<typeof poolMessage>;
