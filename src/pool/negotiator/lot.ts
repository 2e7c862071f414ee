import type { Resources } from '#match/resources.ts';
import type { Pilot } from '../collector/pilot.ts';

/** Slots of one bucket of which the same is free: they are equal for every job that does not read their names. */
export interface Lot {
  readonly free: Resources;
  /** Whether the pilots have no claims. */
  readonly idle: boolean;
  /** Whether the pilots retire soon. */
  readonly leaving: boolean;
  /** The number of the autocluster that the slots are kept free for; 0 if they are for everybody. */
  readonly reservedFor: number;
  readonly slots: Set<Pilot>;
  /** The number of the slot that came last. */
  newest: number;
}

/**
 * The order in which lots are tried: reserved ones first, which few may have, and those of pilots that retire
 * soon last, which are for jobs known to be short; those without free GPUs, so that these stay free for whoever needs one; then busy
 * pilots before idle ones, which may then leave or take a wide job; then the fullest, as HTCondor's
 * NEGOTIATOR_PRE_JOB_RANK does.
 */
export function compareLots(a: Order, b: Order): number {
  return (
    b.reservedFor - a.reservedFor ||
    (a.leaving ? 1 : 0) - (b.leaving ? 1 : 0) ||
    (a.free.gpus > 0 ? 1 : 0) - (b.free.gpus > 0 ? 1 : 0) ||
    (a.idle ? 1 : 0) - (b.idle ? 1 : 0) ||
    a.free.cpus - b.free.cpus ||
    a.free.memory - b.free.memory ||
    a.free.gpus - b.free.gpus ||
    a.free.disk - b.free.disk
  );
}

type Order = Pick<Lot, 'free' | 'idle' | 'leaving' | 'reservedFor'>;

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
