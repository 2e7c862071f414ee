import * as z from 'zod';
import { describeError } from '#base/error.ts';
import { issueInWords } from '#base/issue-in-words.ts';
import { type ClaimRef, claimRef } from './claim.ts';

/** A message whose body breaks its schema: of another version, damaged, or hostile. What it is about may be known. */
export interface UnreadableMessage {
  readonly ok: false;
  readonly type: string | undefined;
  readonly claim: ClaimRef | undefined;
  /** What was parsed as JSON, for whoever wants to save a part of it. */
  readonly body: unknown;
  /** The place and the problem, for people. */
  readonly reason: string;
}

export type ReadMessage<T> = { readonly ok: true; readonly message: T } | UnreadableMessage;

/** The few fields that all messages about claims share; each is read for itself. */
const envelope = z.object({
  type: z.string().max(64).optional().catch(undefined),
  claim: claimRef.optional().catch(undefined),
});

/**
 * Reads a message in two steps, so that one which breaks its schema is still known to be about one claim and harms no
 * other. Does not throw.
 */
export function readMessage<T>(schema: z.ZodType<T>, text: string): ReadMessage<T> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return {
      ok: false,
      type: undefined,
      claim: undefined,
      body: undefined,
      reason: `not JSON: ${describeError(error)}`,
    };
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, message: parsed.data };
  const { type, claim } = envelope.safeParse(body).data ?? {};
  return { ok: false, type, claim, body, reason: issueInWords(parsed.error, 'the message') };
}
