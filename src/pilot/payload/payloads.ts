import { describeError } from '#base/error.ts';
import type { Checkpoint } from '#wire/checkpoint.ts';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Checkpointed, Finished, PilotMessage } from '#wire/pilot-messages.ts';
import type { Peek, Start, StopCause } from '#wire/pool-messages.ts';
import type { SessionPlace } from '../session/sessions.ts';
import type { FaultClass } from './claim/fault-class.ts';
import type { KeptResults } from './kept-results.ts';
import { Payload, type PayloadEvents } from './payload.ts';
import type { PayloadContext } from './payload-context.ts';
import { sendPeek } from './peek.ts';
import { Results } from './results.ts';

/** What the payloads tell the pilot. */
export interface PayloadsEvents {
  /** Sends a message; false: there is no connection. Whatever matters is sent again after each `welcome`. */
  send(message: PilotMessage): boolean;
  claimed(): void;
  /** The container of a payload came up. */
  started(): void;
  /** A payload could not be started, and its job is not to blame. */
  startFailed(fault: FaultClass, reason: string): void;
  /** A claim is no longer held: the pool has recorded its end, or it was lost. */
  released(): void;
}

/** What the pilot needs of a payload. */
export type PayloadLike = Pick<
  Payload,
  'directory' | 'fault' | 'place' | 'startedAt' | 'run' | 'stop' | 'kill' | 'abandon' | 'notKept' | 'remove'
>;

/** Makes the payload of a claim. */
export type NewPayload = (start: Start, context: PayloadContext, events: PayloadEvents) => PayloadLike;

interface PayloadsParts {
  readonly newPayload?: NewPayload | undefined;
  /** Where results lie until the pool has recorded them; only in memory if it is absent. */
  readonly kept?: Pick<KeptResults, 'keep' | 'forget'> | undefined;
}

interface Held {
  readonly claim: ClaimRef;
  /** Absent for a claim that was refused. */
  readonly payload: PayloadLike | undefined;
  /** The pool dropped it, or the pilot leaves: it is being killed, and nobody waits for its result. */
  dropped: boolean;
  /** The pool dropped it, so it is no longer named. */
  isOver: boolean;
  /** What the payload has saved and the pool has not answered yet. */
  unkept?: Checkpointed | undefined;
  /** Its lease expired: it is being killed, and named until it is dead, because nobody else may run its job before. */
  leaseLost: boolean;
  /** It was killed because its lease had expired, and is dead. */
  isDead: boolean;
  /** The newest `hello` names it. */
  isNamed: boolean;
}

const newHeld = (claim: ClaimRef, payload: PayloadLike | undefined): Held => ({
  claim,
  payload,
  dropped: false,
  isOver: false,
  leaseLost: false,
  isDead: false,
  isNamed: false,
});

/**
 * The claims that this pilot holds. A claim is entered once, however often `start` comes. It is forgotten when the pool has
 * recorded its end, or when the pool does not want it and its last process is dead.
 *
 * | claim    | event                                  | next                                               |
 * |----------|----------------------------------------|----------------------------------------------------|
 * | –        | `start`                                | running                                            |
 * | –        | `start` that is refused or unreadable  | finished: the result says why nothing ran          |
 * | running  | the payload ends                       | finished: the result is sent until it is recorded  |
 * | running  | the lease expires                      | dying: killed, still named in `hello`              |
 * | dying    | the last process is dead               | dead: the result is sent if the pool can be told   |
 * | dead     | `recorded`, or no `hello` names it     | forgotten: a `hello` without it says it is dead    |
 * | finished | `recorded`                             | forgotten                                          |
 * | any      | the pool drops it                      | killed, no longer named; forgotten when it is dead |
 * | any      | the pilot leaves                       | killed, still named; forgotten when it is dead     |
 */
export class Payloads {
  readonly #context: PayloadContext;
  readonly #events: PayloadsEvents;
  readonly #held = new Map<string, Held>();
  /** What claims that are forgotten still have on disk. */
  readonly #removals = new Map<string, Promise<void>>();
  readonly #results: Results;
  readonly #newPayload: NewPayload;

  constructor(context: PayloadContext, events: PayloadsEvents, { newPayload, kept }: PayloadsParts = {}) {
    this.#newPayload = newPayload ?? ((...payload) => new Payload(...payload));
    this.#context = context;
    this.#events = events;
    this.#results = new Results((message) => events.send(message), kept);
  }

  /**
   * The claims to name in a `hello` that is sent now.
   *
   * **Gotchas.** What dies between `hello` and `welcome` has been named, so the pool still waits for its result.
   */
  nameClaims(): ClaimRef[] {
    for (const held of this.#held.values()) {
      if (held.isDead) this.#release(held);
      else held.isNamed = !held.isOver;
    }
    return [...this.#held.values()].filter((held) => held.isNamed).map((held) => held.claim);
  }

  /** Takes over results that an earlier process of this pilot has not brought to the pool. Call this before there is a connection. */
  restore(results: readonly Finished[]): void {
    for (const result of results) {
      this.#held.set(claimKey(result.claim), newHeld(result.claim, undefined));
      this.#events.claimed();
      this.#results.add(result);
    }
  }

  /** Starts a payload. For a claim that is already known, repeats what is known of it. */
  start(message: Start): void {
    const known = this.#held.get(claimKey(message.claim));
    if (known !== undefined) {
      this.#repeat(known);
      return;
    }
    const payload = this.#newPayload(message, this.#context, {
      started: (containerSeconds) => {
        this.#events.started();
        this.#sendStarted(held, { containerSeconds });
      },
      checkpointed: (checkpoint) => this.#checkpointed(held, checkpoint),
    });
    const held = newHeld(message.claim, payload);
    this.#held.set(claimKey(message.claim), held);
    void this.#run(held);
    this.#events.claimed();
  }

  /** Answers a `start` that cannot run here. `outcome` says why, and whether the job should run elsewhere. */
  refuse(claim: ClaimRef, outcome: Outcome): void {
    const known = this.#held.get(claimKey(claim));
    if (known !== undefined) {
      this.#repeat(known);
      return;
    }
    this.#held.set(claimKey(claim), newHeld(claim, undefined));
    this.#events.claimed();
    this.#results.add(resultWithoutRun(claim, outcome, this.#context.clock.wall()));
  }

  stop(claim: ClaimRef, reason: string, cause?: StopCause): void {
    this.#held.get(claimKey(claim))?.payload?.stop(reason, { cause });
  }

  /** @param lifeSeconds how long the pilot lives, if it has come to the end of its life */
  stopAll(reason: string, lifeSeconds?: number): void {
    for (const held of this.#held.values()) held.payload?.stop(reason, { pilotLife: lifeSeconds });
  }

  /** The pool has recorded the result. */
  recorded(claim: ClaimRef): void {
    const held = this.#held.get(claimKey(claim));
    if (held !== undefined && this.#results.has(claim)) this.#release(held);
  }

  /** The pool has the checkpoint, or says why it does not keep it. */
  kept(claim: ClaimRef, number: number, problem: string | undefined): void {
    const held = this.#held.get(claimKey(claim));
    if (held?.unkept?.checkpoint.number !== number) return;
    held.unkept = undefined;
    if (problem !== undefined) held.payload?.notKept(problem);
  }

  /** For the pool, these claims are over. */
  drop(claims: readonly ClaimRef[]): void {
    for (const claim of claims) {
      const held = this.#held.get(claimKey(claim));
      if (held === undefined) continue;
      held.isOver = true;
      this.#drop(held);
    }
  }

  /**
   * The pilot leaves: kills everything at once, and gives up results that the pool has not recorded. A `hello` names what is
   * still dying: nobody else may run it before.
   */
  dropAll(): number {
    const all = [...this.#held.values()].filter((held) => !held.dropped);
    for (const held of all) this.#drop(held);
    return all.length;
  }

  /**
   * Other pilots may get the claims soon, so whatever runs is killed at once. Results stay: the pool may still want them.
   * @returns how many payloads were running
   */
  leaseLost(): number {
    let running = 0;
    for (const held of this.#held.values()) {
      if (held.dropped) continue;
      if (!this.#results.has(held.claim)) {
        running += 1;
        held.leaseLost = true;
        held.payload?.kill('the lease of its pilot expired');
      } else if (held.isDead) {
        // It died with an earlier lease. The next `hello` does not name it, which tells the pool.
        this.#release(held);
      }
    }
    return running;
  }

  /** There is a new connection: sends whatever the pool may have missed. */
  connected(): void {
    for (const held of this.#held.values()) {
      this.#sendStarted(held);
      // Before its result: with that, the claim is over for the pool.
      if (held.unkept !== undefined && !held.dropped) this.#events.send(held.unkept);
    }
    this.#results.connected();
  }

  /** @param refused whether the pool closed the connection because of a message from this pilot */
  disconnected(refused: boolean): void {
    for (const held of this.#held.values()) held.isNamed = false;
    this.#results.disconnected(refused);
  }

  /** Where a session in a claim can be opened; undefined: its payload does not run. */
  place(claim: ClaimRef): SessionPlace | undefined {
    return this.#held.get(claimKey(claim))?.payload?.place;
  }

  peek(message: Peek): void {
    const payload = this.#held.get(claimKey(message.claim))?.payload;
    if (payload === undefined) return;
    sendPeek(this.#context.uploader.client, payload.directory[message.stream], message).catch(
      (error: unknown) => {
        this.#context.logger.info({ peek: message.id, problem: describeError(error) }, 'peek not answered');
      },
    );
  }

  async #run(held: Held): Promise<void> {
    // The same claim may come again when it has been forgotten, and its directory is the same.
    await this.#removals.get(claimKey(held.claim));
    const finished = await held.payload?.run();
    if (held.dropped || finished === undefined) {
      this.#release(held);
      return;
    }
    const { outcome } = finished;
    this.#tellFailure(held.payload, outcome);
    const sent = this.#results.add(finished);
    held.isDead = held.leaseLost && outcome.kind === 'stopped';
    // If the pool is still away, the next `hello`, which does not name the claim, tells it that the payload is dead.
    if (!sent && held.isDead && !held.isNamed) this.#release(held);
  }

  #tellFailure(payload: PayloadLike | undefined, outcome: Outcome): void {
    if (outcome.kind !== 'startFailed' || outcome.blame !== 'pilot') return;
    this.#events.startFailed(payload?.fault ?? 'node', outcome.reason);
  }

  #checkpointed(held: Held, checkpoint: Checkpoint): void {
    if (held.dropped) return;
    const at = this.#context.clock.wall();
    held.unkept = { type: 'checkpointed', claim: held.claim, at, checkpoint };
    this.#events.send(held.unkept);
  }

  #drop(held: Held): void {
    if (held.dropped) return;
    held.dropped = true;
    if (this.#results.has(held.claim)) this.#release(held);
    else held.payload?.abandon();
  }

  #release(held: Held): void {
    const key = claimKey(held.claim);
    if (!this.#held.delete(key)) return;
    this.#results.forget(held.claim);
    const removal = held.payload?.remove().then(() => void this.#removals.delete(key));
    if (removal !== undefined) this.#removals.set(key, removal);
    this.#events.released();
  }

  #repeat(held: Held): void {
    if (this.#results.has(held.claim)) this.#results.repeat(held.claim);
    else this.#sendStarted(held);
  }

  #sendStarted(held: Held, once: { readonly containerSeconds?: number } = {}): void {
    const at = held.payload?.startedAt;
    if (at === undefined || held.dropped || this.#results.has(held.claim)) return;
    this.#events.send({ type: 'started', claim: held.claim, at, ...once });
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
