import { holdCodes } from '#base/hold-codes.ts';
import { issueInWords } from '#base/issue-in-words.ts';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
import { type Finished, finished } from '#wire/pilot-messages.ts';
import { maxMessageBytes } from '#wire/protocol.ts';

interface Result {
  message: Finished;
  /** Connections that the pool refused before it had answered this result: first with others, then it alone. */
  refusals: number;
  sent: boolean;
}

/**
 * Results that the pool has not recorded. Each goes out at once, and again on each new connection. One that was sent
 * on a connection that the pool then *refused* is suspect: it waits until no other is unanswered and goes alone, so
 * that a result which the pool cannot stand never keeps others from being recorded. One that is refused alone is
 * replaced by the word that it was.
 */
export class Results {
  readonly #send: (message: Finished) => boolean;
  readonly #waiting = new Map<string, Result>();

  /** @param send false: there is no connection */
  constructor(send: (message: Finished) => boolean) {
    this.#send = send;
  }

  has(claim: ClaimRef): boolean {
    return this.#waiting.has(claimKey(claim));
  }

  /** Takes in a result and says it. False: nobody hears it now. */
  add(message: Finished): boolean {
    const result = { message: sayable(message), refusals: 0, sent: false };
    this.#waiting.set(claimKey(message.claim), result);
    return this.#say(result);
  }

  /** The pool has it, or does not want it. */
  forget(claim: ClaimRef): void {
    this.#waiting.delete(claimKey(claim));
    this.#sayNextSuspect();
  }

  /** The pool asks for a claim again: it may not have heard. */
  sayAgain(claim: ClaimRef): void {
    const result = this.#waiting.get(claimKey(claim));
    if (result !== undefined && result.refusals === 0) this.#say(result);
  }

  /** A new connection: everything that is not suspect. */
  connected(): void {
    for (const result of this.#waiting.values()) {
      result.sent = false;
      if (result.refusals === 0) this.#say(result);
    }
    this.#sayNextSuspect();
  }

  /** @param refused the pool closed the connection because of something that it was sent */
  disconnected(refused: boolean): void {
    if (!refused) return;
    for (const result of this.#waiting.values()) {
      if (!result.sent) continue;
      result.refusals += 1;
      if (result.refusals === 2) result.message = givenUp(result.message);
    }
  }

  #sayNextSuspect(): void {
    const all = [...this.#waiting.values()];
    if (all.some(({ sent }) => sent)) return;
    const [next] = all.sort((a, b) => a.refusals - b.refusals);
    if (next !== undefined && next.refusals > 0) this.#say(next);
  }

  #say(result: Result): boolean {
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
  outputFailed(message, 'the pool closed the connection each time that it was told of this result');

/** What a pool could not read or take is not sent: it becomes the failure that it is, with the reason. */
function sayable(message: Finished): Finished {
  const parsed = finished.safeParse(message);
  if (!parsed.success)
    return outputFailed(
      message,
      `the result cannot be told to the pool: ${issueInWords(parsed.error, 'the message')}`,
    );
  const bytes = Buffer.byteLength(JSON.stringify(message));
  if (bytes <= maxMessageBytes) return message;
  return outputFailed(
    message,
    `the result has ${bytes} bytes, and a message may have ${maxMessageBytes}: pack the outputs into an archive`,
  );
}
