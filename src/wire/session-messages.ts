import * as z from 'zod';
import { claimRef } from './claim.ts';
import { words } from './words.ts';

/**
 * Bytes of one session that may be under way in one direction. Whoever has passed them on gives credit for as many more; whoever
 * sends without credit breaks the protocol. So nobody in between needs a buffer that grows.
 */
export const sessionWindow = 128 * 1024;

/** The most bytes in one message: a flood of them must let others pass on the same connection. */
export const mostSessionBytes = 16 * 1024;

/** Bytes in Base64. */
const data = z.string().max(Math.ceil(mostSessionBytes / 3) * 4);

const lines = z.int().min(1).max(65_535);

/** What somebody wants to run inside of a running job. */
export const sessionOpen = z.object({
  type: z.literal('open'),
  /** For `/bin/sh -c`; an interactive shell if it is absent. */
  command: z
    .string()
    .min(1)
    .max(64 * 1024)
    .refine((text) => !text.includes('\0'), 'contains a NUL character')
    .optional(),
  /** The terminal that it runs in; pipes if it is absent. */
  terminal: z
    .object({ rows: lines, columns: lines, name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/) })
    .optional(),
});

export const sessionInput = z.object({ type: z.literal('input'), data });

/** The standard input has ended. */
const noInput = z.object({ type: z.literal('noInput') });

/** The terminal has another size now. */
const size = z.object({ type: z.literal('size'), rows: lines, columns: lines });

/** So many bytes more may be sent to me. */
export const sessionCredit = z.object({
  type: z.literal('credit'),
  bytes: z.int().min(1).max(sessionWindow),
});

/** What the client of a session says to the pool; `open` comes first. */
export const sessionRequest = z.discriminatedUnion('type', [
  sessionOpen,
  sessionInput,
  noInput,
  size,
  sessionCredit,
]);

/** It runs. */
const opened = z.object({ type: z.literal('opened') });

export const sessionOutput = z.object({
  type: z.literal('output'),
  stream: z.enum(['stdout', 'stderr']),
  data,
});

/** It is over: with an exit code as a shell has it (128 + the number of a signal), or with the reason why there is none. */
export const sessionEnded = z.object({
  type: z.literal('ended'),
  code: z.int().min(0).max(255).optional(),
  /** A code of the error catalogue, and a sentence. */
  problem: z
    .object({ code: z.string().max(64), message: words(1024), cure: words(1024).optional() })
    .optional(),
});

/** What the client of a session hears. */
export const sessionAnswer = z.discriminatedUnion('type', [
  opened,
  sessionOutput,
  sessionCredit,
  sessionEnded,
]);

/** Whoever opened the session is gone. */
const close = z.object({ type: z.literal('close') });

/** From the pool to a pilot whose `hello` says `sessions`: about one of the sessions in a claim. */
export const sessionToPilot = z.object({
  type: z.literal('session'),
  session: z.string().max(64),
  claim: claimRef,
  say: z.discriminatedUnion('type', [sessionOpen, sessionInput, noInput, size, sessionCredit, close]),
});

/** From a pilot about one of its sessions. */
export const sessionFromPilot = z.object({
  type: z.literal('session'),
  session: z.string().max(64),
  say: sessionAnswer,
});

export type SessionOpen = z.infer<typeof sessionOpen>;
export type SessionRequest = z.infer<typeof sessionRequest>;
export type SessionAnswer = z.infer<typeof sessionAnswer>;
export type SessionEnded = z.infer<typeof sessionEnded>;
export type SessionToPilot = z.infer<typeof sessionToPilot>;
export type SessionFromPilot = z.infer<typeof sessionFromPilot>;
