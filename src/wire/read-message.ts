import * as z from 'zod';
import { describeError } from '#base/error.ts';
import { issueInWords } from '#base/issue-in-words.ts';
import { type ClaimRef, claimRef } from './claim.ts';

/** A message that breaks its schema: it comes from another version, is damaged, or is hostile. Its claim may still be known. */
export interface UnreadableMessage {
  readonly ok: false;
  readonly type: string | undefined;
  readonly claim: ClaimRef | undefined;
  /** The parsed JSON, for a caller that wants to rescue parts of it. */
  readonly body: unknown;
  /** The place and the problem, for people. */
  readonly reason: string;
}

export type ReadMessage<T> = { readonly ok: true; readonly message: T } | UnreadableMessage;

/** The few fields that all messages about claims share; each is read independently of the other. */
const envelope = z.object({
  type: z.string().max(64).optional().catch(undefined),
  claim: claimRef.optional().catch(undefined),
});

/**
 * Reads a message in two steps: if it breaks its schema, the claim that it is about may still be known, and no other claim
 * comes to harm. Does not throw.
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
