import type { ClassAd } from '#classad/class-ad.ts';
import { minus, nothing, plus, type Resources, resourceNames } from '#match/resources.ts';
import { offerOf, withFree } from '#match/slot.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Lack } from '#wire/finding.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import type { PoolMessage } from '#wire/pool-messages.ts';
import { SlotNumbers } from './slot-numbers.ts';

/**
 * The pool's end of a pilot's connection.
 *
 * **Gotchas.** `send` promises nothing: a message to a connection that is breaking is lost without notice, and has to be sent
 * again when the pilot reconnects. Whatever a message says must be durable first. The end of a connection does not prove that
 * the pilot is dead: it keeps its claims until its lease expires.
 */
export interface PilotConnection {
  send(message: PoolMessage): void;
  /** The same for a message that is JSON already. */
  sendPrinted(message: string): void;
  close(reason: string): void;
}

export interface PilotFacts {
  readonly uid: string;
  readonly name: string;
  readonly group: string;
  readonly site: string;
  /** The whole slot; the pool has overwritten the attributes that say who the pilot is. */
  readonly slot: ClassAd;
}

/** What a claim takes of a pilot. */
export interface Taken extends Resources {
  /** The number of its dynamic slot: 2 for `slot1_2`. */
  readonly slot: number;
}

const atLeastNothing = (rest: Resources): Resources =>
  resourceNames.every((name) => rest[name] >= 0)
    ? rest
    : {
        cpus: Math.max(0, rest.cpus),
        memory: Math.max(0, rest.memory),
        disk: Math.max(0, rest.disk),
        gpus: Math.max(0, rest.gpus),
      };

/** A registered pilot. Times are the pool's monotonic milliseconds. */
export class Pilot {
  readonly registeredAt: number;
  /** Counts the pilots of this pool in the order in which they came; a list can go on after one that has gone. */
  number = 0;
  /** The process that registered last; undefined for a pilot of an older version. */
  process: string | undefined;
  /** The newest connection of that process that has said hello; 0 for a pilot of an older version. */
  newestConnection = 0;
  /** Since when it has had no connection; undefined while it has one. */
  disconnectedAt: number | undefined;
  heardAt: number;
  /** When it began to drain; undefined if it did so before it registered. */
  drainedAt: number | undefined;
  /** What the pool has told it last. After `resume` it counts as draining until it says that it serves. */
  order: 'drain' | 'resume' | undefined;
  /** Whether it can be taken back once it drains; a pilot of an older version cannot. */
  resumes = false;
  /** Whether its group lets owners into their jobs; a pilot of an older version, which cannot, does not say. */
  sessions: Hello['sessions'];
  /** When it ends, whatever still runs; undefined if it did not say. */
  endAt: number | undefined;
  /** What its node lacks, as the pilot has found it. */
  lacks: readonly Lack[] | undefined;
  /** When its last claim ended. */
  idleSince: number;
  /** Whether this connection has been told that no work waits; it is told only once. */
  toldNoWork = false;
  /** Whether it has changed and the negotiator has not heard of it. Whoever has caused a change itself may take this back. */
  isNews = false;
  readonly #changed: (pilot: Pilot) => void;
  #connection: PilotConnection | undefined;
  #retireAt: number;
  #drainReason: string | undefined;
  #reservedFor = 0;
  #facts: PilotFacts;
  #named: Omit<PilotFacts, 'slot'> | undefined;
  /** Below zero where a pilot has come back with less than its claims take. */
  #rest: Resources;
  #free: Resources;
  #freeAd: ClassAd | undefined;
  #freeTexts: AdTexts | undefined;
  readonly #claims = new Map<string, Taken>();
  readonly #slots = new SlotNumbers();
  /** Claims that must have the pilot to themselves. */
  readonly #alone = new Set<string>();

  /** @param changed called when the pilot offers more or less than before */
  constructor(facts: PilotFacts, now: number, retireAt: number, changed: (pilot: Pilot) => void = () => {}) {
    this.#changed = changed;
    this.#facts = facts;
    this.registeredAt = now;
    this.heardAt = now;
    this.idleSince = now;
    this.#retireAt = retireAt;
    this.#rest = offerOf(facts.slot);
    this.#free = this.#rest;
  }

  get connection(): PilotConnection | undefined {
    return this.#connection;
  }

  set connection(connection: PilotConnection | undefined) {
    this.#connection = connection;
    this.#changed(this);
  }

  /** From then on it accepts no more jobs. */
  get retireAt(): number {
    return this.#retireAt;
  }

  set retireAt(at: number) {
    this.#retireAt = at;
    this.#changed(this);
  }

  /** Why it accepts no more jobs; undefined while it does. */
  get drainReason(): string | undefined {
    return this.#drainReason;
  }

  set drainReason(reason: string | undefined) {
    this.#drainReason = reason;
    this.#changed(this);
  }

  /** The number of the autocluster that what becomes free is kept for; 0 while it is for everybody. */
  get reservedFor(): number {
    return this.#reservedFor;
  }

  set reservedFor(autocluster: number) {
    this.#reservedFor = autocluster;
    this.#changed(this);
  }

  get facts(): PilotFacts {
    return this.#facts;
  }

  /** Set when the pilot reconnects, or says that its slot has changed: it may offer something else than before. */
  set facts(facts: PilotFacts) {
    this.#facts = facts;
    this.#named = undefined;
    this.#restIs([...this.#claims.values()].reduce<Resources>(minus, offerOf(facts.slot)));
  }

  /** What records say of the pilot; another object once its facts are others. */
  get named(): Omit<PilotFacts, 'slot'> {
    if (this.#named === undefined) {
      const { uid, name, group, site } = this.#facts;
      this.#named = { uid, name, group, site };
    }
    return this.#named;
  }

  get draining(): boolean {
    return this.drainReason !== undefined;
  }

  /** Claims that this pilot holds, by id. */
  get claims(): ReadonlyMap<string, Taken> {
    return this.#claims;
  }

  /** What is free; nothing while a claim holds that must have the pilot to itself. */
  get free(): Resources {
    return this.#alone.size > 0 ? nothing : this.#free;
  }

  /** The slot ad with what is free now. It is a new object whenever that changes. */
  get freeSlot(): ClassAd {
    this.#freeAd ??= withFree(this.#facts.slot, this.free);
    return this.#freeAd;
  }

  /** The same as text for the wire. Cached, because every bidder asks for all pilots again and again. */
  get freeTexts(): AdTexts {
    this.#freeTexts ??= this.freeSlot.toTexts();
    return this.#freeTexts;
  }

  /** @param alone whether nothing else may run here meanwhile */
  take(claimId: string, takes: Resources, alone = false): void {
    if (this.#claims.has(claimId)) return;
    this.#claims.set(claimId, { ...takes, slot: this.#slots.take() });
    if (alone) this.#alone.add(claimId);
    this.#restIs(minus(this.#rest, takes));
  }

  giveBack(claimId: string, now: number): void {
    const takes = this.#claims.get(claimId);
    if (takes === undefined) return;
    this.#claims.delete(claimId);
    this.#slots.giveBack(takes.slot);
    this.#alone.delete(claimId);
    if (this.#claims.size === 0) this.idleSince = now;
    this.#restIs(plus(this.#rest, takes));
  }

  #restIs(rest: Resources): void {
    this.#rest = rest;
    this.#free = atLeastNothing(rest);
    this.#freeAd = undefined;
    this.#freeTexts = undefined;
    this.#changed(this);
  }

  /** Takes note of a reason to accept no more jobs; a pilot that drains already keeps its first one. */
  beginDrain(reason: string, now: number): void {
    this.drainReason ??= reason;
    this.drainedAt ??= now;
  }

  /** Asks it to leave when nothing runs. */
  orderDrain(reason: string, now: number): void {
    this.drainReason = reason;
    this.drainedAt ??= now;
    this.order = 'drain';
    this.connection?.send({ type: 'drain', reason });
  }

  /** Withdraws such an order. The pilot answers whether it can be taken back. */
  orderResume(): void {
    this.order = 'resume';
    this.connection?.send({ type: 'resume' });
  }

  /** It says why it drains. After `resume` that is a reason of its own. */
  saysDraining(reason: string, now: number): void {
    if (this.order === 'resume') {
      this.order = undefined;
      this.drainReason = reason;
    }
    this.beginDrain(reason, now);
  }

  /** It says that it serves. That is old news if it has been ordered to drain since. */
  saysServing(): void {
    if (this.order === 'drain') return;
    this.order = undefined;
    this.drainReason = undefined;
    this.drainedAt = undefined;
    this.toldNoWork = false;
  }

  /** Whether the pilot accepts new jobs. */
  accepts(now: number): boolean {
    return this.connection !== undefined && !this.draining && now < this.retireAt;
  }
}
