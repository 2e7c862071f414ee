import type { Resources } from '#match/resources.ts';
import type { Pilot } from '../collector/pilot.ts';

/** A slot as its lot knows it; the lot alone sets its links. */
export interface LotSlot {
  readonly pilot: Pilot;
  /** No other slot ever has it, until buckets are numbered anew. */
  readonly number: number;
  /** The number of its latest change. */
  readonly newest: number;
  /** Undefined while no core is free. */
  readonly lot: Lot | undefined;
  /** The one that came before it, and the one that came after it. */
  before: LotSlot | undefined;
  after: LotSlot | undefined;
}

interface Offer {
  readonly free: Resources;
  readonly reservedFor: number;
  readonly leaving: boolean;
  /** Whether the pilot has no claims. */
  readonly idle: boolean;
}

/**
 * Slots of one bucket of which the same is free: they are equal for every job that does not read their names. They are a list,
 * in the order in which they came.
 */
export class Lot {
  readonly free: Resources;
  /** The number of the autocluster that the slots are kept free for; 0 if they are for everybody. */
  readonly reservedFor: number;
  /** Whether the pilots retire soon. */
  readonly leaving: boolean;
  /** See {@link precedenceOf}. */
  readonly precedence: number;
  /** As in `free`, but nearer: lots are compared often. */
  readonly cpus: number;
  readonly memory: number;
  /** The slot that came first. */
  first: LotSlot | undefined = undefined;
  #last: LotSlot | undefined = undefined;
  /** The number of the slot that came last, of those that are still here. */
  newest: number;

  constructor(offer: Offer, newest: number) {
    this.free = offer.free;
    this.reservedFor = offer.reservedFor;
    this.leaving = offer.leaving;
    this.precedence = precedenceOf(offer);
    this.cpus = offer.free.cpus;
    this.memory = offer.free.memory;
    this.newest = newest;
  }

  *slots(): Generator<LotSlot, undefined> {
    for (let slot = this.first; slot !== undefined; slot = slot.after) yield slot;
  }

  add(slot: LotSlot, number: number): void {
    slot.before = this.#last;
    if (this.#last === undefined) this.first = slot;
    else this.#last.after = slot;
    this.#last = slot;
    this.newest = number;
  }

  /** Removes a slot that is in the list. */
  delete(slot: LotSlot): void {
    const { before, after } = slot;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) {
      this.#last = before;
      this.newest = before?.newest ?? 0;
    } else after.before = before;
    slot.before = undefined;
    slot.after = undefined;
  }
}

/**
 * Lower numbers are tried first: reserved slots, which few may have; slots of pilots that do not retire soon, as those are for
 * jobs known to be short; slots without free GPUs, which stay free for whoever needs one; busy pilots before idle ones, which
 * may then leave or take a wide job.
 */
const precedenceOf = ({ free, reservedFor, leaving, idle }: Offer): number =>
  (reservedFor > 0 ? 0 : 8) + (leaving ? 4 : 0) + (free.gpus > 0 ? 2 : 0) + (idle ? 1 : 0);

/** The order in which lots are tried; of equal precedence the fullest first, as HTCondor's NEGOTIATOR_PRE_JOB_RANK does. */
export function compareLots(a: Lot, b: Lot): number {
  return (
    a.precedence - b.precedence ||
    a.cpus - b.cpus ||
    a.memory - b.memory ||
    a.free.gpus - b.free.gpus ||
    a.free.disk - b.free.disk ||
    a.reservedFor - b.reservedFor
  );
}

/** The index of the first lot that does not come before this one. */
export function indexOfLot(lots: readonly Lot[], lot: Lot): number {
  let [low, high] = [0, lots.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareLots(lots[middle] as Lot, lot) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
