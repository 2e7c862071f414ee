import type { Resources } from '#match/resources.ts';
import type { Pilot } from '../collector/pilot.ts';

/** What tells lots of one bucket from each other. */
interface Order {
  readonly free: Resources;
  /** The number of the autocluster that the slots are kept free for; 0 if they are for everybody. */
  readonly reservedFor: number;
  /** Whether the pilots retire soon. */
  readonly leaving: boolean;
  /** See {@link precedenceOf}. */
  readonly precedence: number;
}

/** Slots of one bucket of which the same is free: they are equal for every job that does not read their names. */
export interface Lot extends Order {
  readonly slots: Set<Pilot>;
  /** The number of the slot that came last. */
  newest: number;
}

interface Offer {
  readonly free: Resources;
  readonly reservedFor: number;
  readonly leaving: boolean;
  /** Whether the pilot has no claims. */
  readonly idle: boolean;
}

export const orderOf = (offer: Offer): Order => ({
  free: offer.free,
  reservedFor: offer.reservedFor,
  leaving: offer.leaving,
  precedence: precedenceOf(offer),
});

/**
 * Lower numbers are tried first: reserved slots, which few may have; slots of pilots that do not retire soon, as those are for
 * jobs known to be short; slots without free GPUs, which stay free for whoever needs one; busy pilots before idle ones, which
 * may then leave or take a wide job.
 */
const precedenceOf = ({ free, reservedFor, leaving, idle }: Offer): number =>
  (reservedFor > 0 ? 0 : 8) + (leaving ? 4 : 0) + (free.gpus > 0 ? 2 : 0) + (idle ? 1 : 0);

/** The order in which lots are tried; of equal precedence the fullest first, as HTCondor's NEGOTIATOR_PRE_JOB_RANK does. */
export function compareLots(a: Order, b: Order): number {
  return (
    a.precedence - b.precedence ||
    a.free.cpus - b.free.cpus ||
    a.free.memory - b.free.memory ||
    a.free.gpus - b.free.gpus ||
    a.free.disk - b.free.disk ||
    a.reservedFor - b.reservedFor
  );
}

/** The index of the first lot that does not come before `order`. */
export function indexOfLot(lots: readonly Lot[], order: Order): number {
  let [low, high] = [0, lots.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareLots(lots[middle] as Lot, order) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a lot at this index is the one of this order. */
export const isThere = (lots: readonly Lot[], index: number, order: Order): boolean =>
  index < lots.length && compareLots(lots[index] as Lot, order) === 0;
