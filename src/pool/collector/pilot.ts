import type { ClassAd } from '#classad/class-ad.ts';
import { minus, plus, type Resources } from '#match/resources.ts';
import { offerOf, withFree } from '#match/slot.ts';
import type { PoolMessage } from '#wire/pool-messages.ts';

/** The pool's end of a pilot's connection. */
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
  readonly facts: PilotFacts;
  readonly registeredAt: number;
  connection: PilotConnection | undefined;
  heardAt: number;
  retireAt: number;
  draining = false;
  /** Since when it holds no claim. */
  idleSince: number;
  #free: Resources;
  #freeAd: ClassAd | undefined;
  readonly #claims = new Map<string, Resources>();

  constructor(facts: PilotFacts, now: number, retireAt: number) {
    this.facts = facts;
    this.registeredAt = now;
    this.heardAt = now;
    this.idleSince = now;
    this.retireAt = retireAt;
    this.#free = offerOf(facts.slot);
  }

  /** Claims that this pilot holds, by id. */
  get claims(): ReadonlyMap<string, Resources> {
    return this.#claims;
  }

  /** The slot ad with what is free now. */
  get freeSlot(): ClassAd {
    this.#freeAd ??= withFree(this.facts.slot, this.#free);
    return this.#freeAd;
  }

  get freeCpus(): number {
    return this.#free.cpus;
  }

  take(claimId: string, takes: Resources): void {
    if (this.#claims.has(claimId)) return;
    this.#claims.set(claimId, takes);
    this.#free = minus(this.#free, takes);
    this.#freeAd = undefined;
  }

  giveBack(claimId: string, now: number): void {
    const takes = this.#claims.get(claimId);
    if (takes === undefined) return;
    this.#claims.delete(claimId);
    this.#free = plus(this.#free, takes);
    this.#freeAd = undefined;
    if (this.#claims.size === 0) this.idleSince = now;
  }

  /** Whether a new job may be sent here. */
  accepts(now: number): boolean {
    return this.connection !== undefined && !this.draining && now < this.retireAt;
  }
}
