import type { ClassAd } from '#classad/class-ad.ts';
import { isEnough, largest, nothing, type Resources } from '#match/resources.ts';
import type { Autocluster } from './autocluster.ts';
import { compareLots, indexOfLot, Lot, type LotSlot } from './lot.ts';
import type { Recent } from './recency.ts';
import type { Shape } from './shape.ts';

/** Slots of one kind that accept jobs, by what is free of them. */
export class Bucket implements Recent<Bucket> {
  readonly number: number;
  /** The whole ad of one of the slots, or of one that was like them in all that was read by this edition of the kinds. */
  ad: ClassAd;
  shape: Shape;
  edition: number;
  /** Those in which a core is free, in the order in which they are tried. */
  readonly lots: Lot[] = [];
  /** How many slots accept jobs, full ones too. */
  members = 0;
  newest = 0;
  older: Bucket | undefined;
  newer: Bucket | undefined;
  #most: Resources | undefined = nothing;

  constructor(number: number, { ad, shape, edition }: Pick<Bucket, 'ad' | 'shape' | 'edition'>) {
    this.number = number;
    this.ad = ad;
    this.shape = shape;
    this.edition = edition;
  }

  /** Whether no core of any slot is free. */
  get isFull(): boolean {
    return this.lots.length === 0;
  }

  /** The most of each resource that is free of any slot, perhaps not of the same one. */
  get most(): Resources {
    this.#most ??= this.lots.reduce((most, { free }) => largest(most, free), nothing);
    return this.#most;
  }

  /** Whether anything is free of a slot that has changed after a number; others may have got it since. */
  hasNews(after: number): boolean {
    for (const { newest } of this.lots) if (newest > after) return true;
    return false;
  }

  /** Whether any slot that has changed after a number has enough free for an autocluster, and is not kept free for another one. */
  mayFit({ id, job }: Pick<Autocluster, 'id' | 'job'>, after: number): boolean {
    if (!isEnough(this.most, job.least)) return false;
    for (const { newest, reservedFor, free } of this.lots)
      if (newest > after && (reservedFor === 0 || reservedFor === id) && isEnough(free, job.least))
        return true;
    return false;
  }

  /** Something of the slot is free. @param leaving whether its pilot retires soon @returns its lot */
  add(slot: LotSlot, leaving: boolean, number: number): Lot {
    const { free, claims, reservedFor } = slot.pilot;
    const created = new Lot({ free, idle: claims.size === 0, leaving, reservedFor }, number);
    const index = indexOfLot(this.lots, created);
    let lot = this.lots[index];
    if (lot === undefined || compareLots(lot, created) !== 0) {
      lot = created;
      this.lots.splice(index, 0, lot);
      if (this.#most !== undefined) this.#most = largest(this.#most, free);
    }
    lot.add(slot, number);
    return lot;
  }

  /** The lots of pilots that retire soon. */
  leaving(): readonly Lot[] {
    return this.lots.filter(({ leaving }) => leaving);
  }

  /** The slot is full, gone, or has something else free. */
  remove(slot: LotSlot, lot: Lot): void {
    lot.delete(slot);
    if (lot.first !== undefined) return;
    this.lots.splice(indexOfLot(this.lots, lot), 1);
    this.#most = undefined;
  }
}
