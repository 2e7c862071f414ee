import { describeError } from '#base/error.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Finished, PilotMessage } from '#wire/pilot-messages.ts';
import type { Peek, Start } from '#wire/pool-messages.ts';
import { Payload } from './payload.ts';
import type { PayloadContext } from './payload-context.ts';
import { sendPeek } from './peek.ts';

/** What the pilot hears of its payloads. */
export interface PayloadsEvents {
  /** Sends if there is a connection; whatever matters is said again after each `welcome`. */
  send(message: PilotMessage): void;
  claimed(): void;
  /** The container of a payload came up. */
  started(): void;
  /** A payload could not be started and this pilot is to blame. */
  startFailed(): void;
  /** A claim is held no more: recorded by the pool, or lost. */
  released(): void;
}

interface Held {
  readonly claim: ClaimRef;
  /** Absent for a claim that was refused. */
  readonly payload: Payload | undefined;
  /** The result, kept until the pool has recorded it. */
  finished: Finished | undefined;
  /** Its lease is over or the pool dropped it: it is being killed and not spoken of any more. */
  lost: boolean;
}

const keyOf = (claim: ClaimRef) => `${claim.generation}/${claim.id}/${claim.epoch}`;

/**
 * The claims that this pilot holds. A claim is entered once, however often `start` comes, and leaves when the pool
 * has recorded its end, or when the claim is lost and its last process is dead.
 */
export class Payloads {
  readonly #context: PayloadContext;
  readonly #events: PayloadsEvents;
  readonly #held = new Map<string, Held>();

  constructor(context: PayloadContext, events: PayloadsEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** The claims to name in `hello`. */
  get claims(): ClaimRef[] {
    return [...this.#held.values()].filter((held) => !held.lost).map((held) => held.claim);
  }

  /** Begins the execution; for a known claim says again what is known of it. */
  start(message: Start): void {
    const known = this.#held.get(keyOf(message.claim));
    if (known !== undefined) {
      this.#sayAgain(known);
      return;
    }
    const held: Held = {
      claim: message.claim,
      payload: new Payload(message, this.#context, () => {
        this.#events.started();
        this.#sayStarted(held);
      }),
      finished: undefined,
      lost: false,
    };
    this.#held.set(keyOf(message.claim), held);
    void this.#run(held);
    this.#events.claimed();
  }

  /** Answers a `start` that comes too late: the job is to run elsewhere. */
  refuse(message: Start, reason: string): void {
    const known = this.#held.get(keyOf(message.claim));
    if (known !== undefined) {
      this.#sayAgain(known);
      return;
    }
    const { claim } = message;
    const finished = resultWithoutRun(claim, { kind: 'stopped', reason }, this.#context.clock.wall());
    const held: Held = { claim, payload: undefined, finished, lost: false };
    this.#held.set(keyOf(claim), held);
    this.#events.claimed();
    this.#sayAgain(held);
  }

  stop(claim: ClaimRef, reason: string): void {
    this.#held.get(keyOf(claim))?.payload?.stop(reason);
  }

  /** @param lifeSeconds how long the pilot lives, when it has come to the end of its life */
  stopAll(reason: string, lifeSeconds?: number): void {
    for (const held of this.#held.values()) held.payload?.stop(reason, lifeSeconds);
  }

  /** The pool has the result for good. */
  recorded(claim: ClaimRef): void {
    const held = this.#held.get(keyOf(claim));
    if (held?.finished !== undefined) this.#release(held);
  }

  /** These claims are over for the pool. */
  drop(claims: readonly ClaimRef[]): void {
    for (const claim of claims) {
      const held = this.#held.get(keyOf(claim));
      if (held !== undefined) this.#lose(held);
    }
  }

  /** All claims may belong to others now: everything dies at once. */
  loseAll(): number {
    const all = [...this.#held.values()].filter((held) => !held.lost);
    for (const held of all) this.#lose(held);
    return all.length;
  }

  /** After a new connection: whatever the pool may have missed. */
  resend(): void {
    for (const held of this.#held.values()) this.#sayAgain(held);
  }

  peek(message: Peek): void {
    const payload = this.#held.get(keyOf(message.claim))?.payload;
    if (payload === undefined) return;
    sendPeek(this.#context.uploader.client, payload.directory[message.stream], message).catch(
      (error: unknown) => {
        this.#context.logger.info({ peek: message.id, problem: describeError(error) }, 'peek not answered');
      },
    );
  }

  async #run(held: Held): Promise<void> {
    const finished = await held.payload?.run();
    if (held.lost || finished === undefined) {
      this.#release(held);
      return;
    }
    held.finished = finished;
    const { outcome } = finished;
    if (outcome.kind === 'startFailed' && outcome.blame === 'pilot') this.#events.startFailed();
    this.#sayAgain(held);
  }

  #lose(held: Held): void {
    if (held.lost) return;
    held.lost = true;
    if (held.finished === undefined) held.payload?.abandon();
    else this.#release(held);
  }

  #release(held: Held): void {
    if (!this.#held.delete(keyOf(held.claim))) return;
    void held.payload?.remove();
    this.#events.released();
  }

  #sayAgain(held: Held): void {
    if (held.lost) return;
    if (held.finished !== undefined) this.#events.send(held.finished);
    else this.#sayStarted(held);
  }

  #sayStarted(held: Held): void {
    const at = held.payload?.startedAt;
    if (at !== undefined && !held.lost) this.#events.send({ type: 'started', claim: held.claim, at });
  }
}

const resultWithoutRun = (claim: ClaimRef, outcome: Outcome, endedAt: number): Finished => ({
  type: 'finished',
  claim,
  outcome,
  endedAt,
  usage: { wallSeconds: 0 },
  outputs: [],
});
