import { holdCodes } from '#base/hold-codes.ts';
import { issueInWords } from '#base/issue-in-words.ts';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
import { type Finished, finished } from '#wire/pilot-messages.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import type { KeptResults } from './kept-results.ts';

interface Result {
  message: Finished;
  /** Connections that the pool refused after this result was sent: the first time with others, then alone. */
  refusals: number;
  sent: boolean;
}

/**
 * Results that the pool has not recorded. Each is sent at once, and again on each new connection.
 *
 * **Gotchas.** A pool that cannot take a result closes the connection, and would do so for ever. So a result that was sent
 * on a connection which the pool then refused is suspect: it waits until no other result is unanswered, and is sent alone.
 * That way it never keeps others from being recorded. If it is refused alone as well, a failure that says so is sent in
 * its place.
 */
export class Results {
  readonly #send: (message: Finished) => boolean;
  readonly #kept: Pick<KeptResults, 'keep' | 'forget'> | undefined;
  readonly #waiting = new Map<string, Result>();

  /**
   * @param send returns false if there is no connection
   * @param kept where results lie as well, in case that the pilot is killed
   */
  constructor(send: (message: Finished) => boolean, kept?: Pick<KeptResults, 'keep' | 'forget'>) {
    this.#kept = kept;
    this.#send = send;
  }

  has(claim: ClaimRef): boolean {
    return this.#waiting.has(claimKey(claim));
  }

  /** Adds a result and sends it. False: there is no connection now. */
  add(message: Finished): boolean {
    const result = { message: readable(message), refusals: 0, sent: false };
    this.#waiting.set(claimKey(message.claim), result);
    this.#kept?.keep(result.message);
    return this.#trySend(result);
  }

  /** The pool has recorded the result, or does not want it. */
  forget(claim: ClaimRef): void {
    if (this.#waiting.delete(claimKey(claim))) this.#kept?.forget(claim);
    this.#sendNextSuspect();
  }

  /** The pool asks for a claim again, so it may have missed the result. */
  repeat(claim: ClaimRef): void {
    const result = this.#waiting.get(claimKey(claim));
    if (result !== undefined && result.refusals === 0) this.#trySend(result);
  }

  /** There is a new connection: sends everything that is not suspect. */
  connected(): void {
    for (const result of this.#waiting.values()) {
      result.sent = false;
      if (result.refusals === 0) this.#trySend(result);
    }
    this.#sendNextSuspect();
  }

  /** @param refused whether the pool closed the connection because of a message from this pilot */
  disconnected(refused: boolean): void {
    if (!refused) return;
    for (const result of this.#waiting.values()) {
      if (!result.sent) continue;
      result.refusals += 1;
      if (result.refusals === 2) result.message = givenUp(result.message);
    }
  }

  #sendNextSuspect(): void {
    const all = [...this.#waiting.values()];
    if (all.some(({ sent }) => sent)) return;
    const [next] = all.sort((a, b) => a.refusals - b.refusals);
    if (next !== undefined && next.refusals > 0) this.#trySend(next);
  }

  #trySend(result: Result): boolean {
    result.sent = this.#send(result.message);
    return result.sent;
  }
}

const outputFailed = (message: Finished, reason: string): Finished => ({
  type: 'finished',
  claim: message.claim,
  outcome: { kind: 'outputFailed', holdCode: holdCodes.transferOutput, reason, ...endOf(message) },
  endedAt: message.endedAt,
  usage: message.usage,
  outputs: [],
});

function endOf({ outcome }: Finished): {
  readonly exit?: { readonly exitCode: number } | { readonly signal: string };
} {
  if (outcome.kind === 'exited') return { exit: { exitCode: outcome.exitCode } };
  return outcome.kind === 'signalled' ? { exit: { signal: outcome.signal } } : {};
}

const givenUp = (message: Finished): Finished =>
  outputFailed(message, 'the pool closed the connection each time this result was sent');

/** A result that no pool could read or take is not sent: it becomes a failure with the reason. */
function readable(message: Finished): Finished {
  const parsed = finished.safeParse(message);
  if (!parsed.success)
    return outputFailed(
      message,
      `the pool could not read the result: ${issueInWords(parsed.error, 'the message')}`,
    );
  const bytes = Buffer.byteLength(JSON.stringify(message));
  if (bytes <= maxMessageBytes) return message;
  return outputFailed(
    message,
    `the result takes ${bytes} bytes, but a message may take only ${maxMessageBytes}: pack the outputs into an archive`,
  );
}
