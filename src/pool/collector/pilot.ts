import type { ClassAd } from '#classad/class-ad.ts';
import { minus, nothing, plus, type Resources } from '#match/resources.ts';
import { offerOf, withFree } from '#match/slot.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { PoolMessage } from '#wire/pool-messages.ts';

/**
 * The pool's end of a pilot's connection.
 *
 * **Gotchas.** `send` promises nothing: a message to a connection that is being cut is lost without a word, and is said
 * again when the pilot is back with its claims. Whatever it tells must be durable before. A connection that ends proves no
 * death: the pilot keeps its claims until its lease is over.
 */
export interface PilotConnection {
  send(message: PoolMessage): void;
  close(reason: string): void;
}

interface PilotFacts {
  readonly uid: string;
  readonly name: string;
  readonly group: string;
  readonly site: string;
  /** The whole slot, with what the pool stamped over the pilot's own claims. */
  readonly slot: ClassAd;
}

/** A registered pilot. Instants are the pool's monotonic milliseconds. */
export class Pilot {
  readonly registeredAt: number;
  connection: PilotConnection | undefined;
  /** Which process of it spoke last; undefined for one of an older version. */
  process: string | undefined;
  /** Since when it has had no connection; undefined while it has one. */
  disconnectedAt: number | undefined;
  heardAt: number;
  retireAt: number;
  /** Why it is to accept nothing more; undefined while it serves. */
  drainReason: string | undefined;
  /** Since when it holds no claim. */
  idleSince: number;
  /** Whether this connection has been told that no work waits; said once, not at every look. */
  toldNoWork = false;
  #facts: PilotFacts;
  #free: Resources;
  #freeAd: ClassAd | undefined;
  #freeTexts: AdTexts | undefined;
  readonly #claims = new Map<string, Resources>();
  /** Claims beside which nothing may run. */
  readonly #alone = new Set<string>();

  constructor(facts: PilotFacts, now: number, retireAt: number) {
    this.#facts = facts;
    this.registeredAt = now;
    this.heardAt = now;
    this.idleSince = now;
    this.retireAt = retireAt;
    this.#free = offerOf(facts.slot);
  }

  get facts(): PilotFacts {
    return this.#facts;
  }

  /** It came back, and may offer something else than before: a service of it is gone, or ready again. */
  set facts(facts: PilotFacts) {
    this.#facts = facts;
    this.#free = [...this.#claims.values()].reduce(minus, offerOf(facts.slot));
    this.#freeAd = undefined;
    this.#freeTexts = undefined;
  }

  get draining(): boolean {
    return this.drainReason !== undefined;
  }

  /** Claims that this pilot holds, by id. */
  get claims(): ReadonlyMap<string, Resources> {
    return this.#claims;
  }

  /** Nothing while a claim runs that must be alone, whatever it takes itself. */
  get free(): Resources {
    return this.#alone.size > 0 ? nothing : this.#free;
  }

  /** The slot ad with what is free now; another object whenever that is something else. */
  get freeSlot(): ClassAd {
    this.#freeAd ??= withFree(this.#facts.slot, this.free);
    return this.#freeAd;
  }

  /** The same as it goes over the wire: every bidder asks for all of them again and again. */
  get freeTexts(): AdTexts {
    this.#freeTexts ??= this.freeSlot.toTexts();
    return this.#freeTexts;
  }

  /** @param alone nothing else may be placed here meanwhile */
  take(claimId: string, takes: Resources, alone = false): void {
    if (this.#claims.has(claimId)) return;
    this.#claims.set(claimId, takes);
    if (alone) this.#alone.add(claimId);
    this.#free = minus(this.#free, takes);
    this.#freeAd = undefined;
    this.#freeTexts = undefined;
  }

  giveBack(claimId: string, now: number): void {
    const takes = this.#claims.get(claimId);
    if (takes === undefined) return;
    this.#claims.delete(claimId);
    this.#alone.delete(claimId);
    this.#free = plus(this.#free, takes);
    this.#freeAd = undefined;
    this.#freeTexts = undefined;
    if (this.#claims.size === 0) this.idleSince = now;
  }

  /** Whether a new job may be sent here. */
  accepts(now: number): boolean {
    return this.connection !== undefined && !this.draining && now < this.retireAt;
  }
}
