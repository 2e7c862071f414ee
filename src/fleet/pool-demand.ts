import type { Clock } from '#base/clock.ts';
import type { Autocluster as WeighedAutocluster, PilotSupply as WeighedSupply } from '#pressure/demand.ts';

/** Waiting jobs that match alike, as their pool tells of them. */
export interface Autocluster extends WeighedAutocluster {
  /** By policy, how many of them it is to reckon with; undefined if it reckons with all. */
  readonly shares?: Readonly<Record<string, number>> | undefined;
}

/** A registered pilot as its pool describes it. */
export interface PilotSupply extends Omit<WeighedSupply, 'group' | 'connected'> {
  readonly group: string;
  readonly site: string;
  readonly connected: boolean;
  readonly disconnectedSeconds: number;
}

/** What a pool answers when it is asked for its demand. */
export interface DemandAnswer {
  readonly known: boolean;
  readonly reason?: string | undefined;
  readonly autoclusters: readonly Autocluster[];
  readonly pilots: readonly PilotSupply[];
  /** Waiting jobs that more pilots would not help, because of quotas and limits of the pool; older pools do not say. */
  readonly limited?: number | undefined;
  /** Seconds since the epoch by the pool's clock; older pools do not say. */
  readonly time?: number | undefined;
}

/** When an answer was asked for, and how long it holds; monotonic milliseconds. */
export interface AnswerFacts {
  /** When its question was sent: what it says was true then or later. */
  readonly askedAt: number;
  /** How long after that it counts as known; `backend/pool-listener.ts` sets the limit. */
  readonly freshFor: number;
  /** When the pool took the announcement of a pilot; undefined if it has not. */
  readonly acknowledgedAt: (uid: string) => number | undefined;
}

/** An answer, with its pilots by uid. */
interface Said extends Pick<DemandAnswer, 'autoclusters' | 'pilots' | 'limited' | 'time'> {
  readonly byUid: ReadonlyMap<string, PilotSupply>;
}

/** Moments before which a pilot cannot have missed its time to register; monotonic milliseconds. */
interface UnregisteredSince {
  /** Since when the pool has been answering. */
  readonly answering: number;
  /** When pilots that had been registered were first missing in an answer. */
  readonly left: ReadonlyMap<string, number>;
}

/**
 * A fresh answer of a pool, given within this term. Nobody but {@link DemandRecord} can make one, and whatever only a pool
 * can tell (that a pilot did not register, that it is not needed) is acted on with one in hand: what was said too long
 * ago, or by another leader, cannot be mistaken for it.
 */
class Known {
  readonly known = true;
  readonly last: Said;
  readonly #facts: AnswerFacts;
  readonly #since: UnregisteredSince;
  readonly #clock: Clock;

  constructor(last: Said, facts: AnswerFacts, since: UnregisteredSince, clock: Clock) {
    this.last = last;
    this.#facts = facts;
    this.#since = since;
    this.#clock = clock;
  }

  /** False once it is too old to be acted on. */
  get isFresh(): boolean {
    return this.#clock.monotonic() - this.#facts.askedAt < this.#facts.freshFor;
  }

  /**
   * Milliseconds for which a pilot could have registered and did not: the pool has been answering all that time, and had
   * taken the pilot's announcement. 0 for one that is registered, or that the pool cannot know. For one that has left, it
   * begins when it left: such a pilot is about to end.
   */
  unregisteredFor(uid: string): number {
    const { askedAt, acknowledgedAt } = this.#facts;
    const told = acknowledgedAt(uid);
    if (told === undefined || this.last.byUid.has(uid)) return 0;
    const { answering, left } = this.#since;
    return Math.max(0, askedAt - Math.max(told, answering, left.get(uid) ?? 0));
  }
}

export type KnownDemand = Known;

/** Nothing is known of the pool now. */
export interface UnknownDemand {
  readonly known: false;
  readonly reason: string;
  readonly forSeconds: number;
  /** The last answer of this term, to be shown but not acted on. */
  readonly last: Said | undefined;
}

export type PoolDemand = KnownDemand | UnknownDemand;

/** What a pool says of a pilot; while it is unknown, what it said last. Undefined for a pilot that is not registered. */
export const registeredState = ({ last }: PoolDemand, uid: string): PilotSupply['state'] | undefined =>
  last?.byUid.get(uid)?.state;

/**
 * What one pool has said in one term, and how long ago.
 *
 * **Gotchas.** Look at it when you act and keep nothing of it: an answer grows too old while nothing happens, and nobody
 * is told. An answer that says itself that it is unknown is no answer; one that was asked for before an interruption proves
 * nothing of the time after it. Each term of a leader begins with a new record.
 */
export class DemandRecord {
  readonly #clock: Clock;
  #known: Known | undefined;
  #facts: AnswerFacts | undefined;
  #answeringSince: number;
  readonly #left = new Map<string, number>();
  /** Since when the pool has not answered, and why; undefined while it answers. */
  #failure: { readonly since: number; readonly reason: string } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#answeringSince = clock.monotonic();
    this.#failure = { since: this.#answeringSince, reason: 'the pool has not been asked yet' };
  }

  /** The pool answered, perhaps only that it cannot tell yet. */
  answered(answer: DemandAnswer, facts: AnswerFacts): void {
    if (!answer.known) {
      this.failed(answer.reason ?? 'the pool cannot tell yet');
      return;
    }
    // An answer to a question from before an interruption says nothing about the time after it.
    if (this.#failure !== undefined || !this.#known?.isFresh) this.#answeringSince = facts.askedAt;
    const { autoclusters, pilots, limited, time } = answer;
    const byUid = new Map(pilots.map((pilot) => [pilot.uid, pilot]));
    this.#noteLeft(byUid, facts);
    this.#failure = undefined;
    this.#facts = facts;
    const since = { answering: this.#answeringSince, left: this.#left };
    this.#known = new Known({ autoclusters, pilots, limited, time, byUid }, facts, since, this.#clock);
  }

  #noteLeft(registered: Said['byUid'], { askedAt, acknowledgedAt }: AnswerFacts): void {
    for (const uid of this.#known?.last.byUid.keys() ?? [])
      if (!registered.has(uid)) this.#left.set(uid, askedAt);
    // Of a pilot that is no longer announced, nobody asks.
    for (const uid of this.#left.keys())
      if (registered.has(uid) || acknowledgedAt(uid) === undefined) this.#left.delete(uid);
  }

  failed(reason: string): void {
    this.#failure = { since: this.#failure?.since ?? this.#clock.monotonic(), reason };
  }

  look(): PoolDemand {
    const now = this.#clock.monotonic();
    const last = this.#known?.last;
    if (this.#failure !== undefined) {
      const { since, reason } = this.#failure;
      return { known: false, reason, forSeconds: (now - since) / 1000, last };
    }
    if (this.#known?.isFresh) return this.#known;
    const { askedAt = now, freshFor = 0 } = this.#facts ?? {};
    // The reason has no age in it: statuses repeat it, and would be rewritten every second.
    const reason = 'the pool’s last answer is too old';
    return { known: false, reason, forSeconds: (now - askedAt - freshFor) / 1000, last };
  }
}
