import type { ClassAd } from '#classad/class-ad.ts';
import { freeAttributes, type SlotKind, SlotKinds } from '#match/slot-kinds.ts';
import type { Slices } from './slices.ts';

/** A slot, and what is counted of it. */
export interface SlotOf<Item> {
  readonly slot: ClassAd;
  readonly item: Item;
}

/** Slots that no condition of the job tells apart; `slot` is the ad of the first. */
export interface AlikeSlots<Item> {
  readonly slot: ClassAd;
  readonly items: Item[];
}

/**
 * Gathers slots that are equal in everything that a match with `job` can read: a thousand pilots of one group, which differ in
 * their names, are looked at once.
 */
export async function alikeSlots<Item>(
  job: ClassAd,
  all: readonly SlotOf<Item>[],
  slices: Slices,
): Promise<readonly AlikeSlots<Item>[]> {
  const kinds = await kindsOf(job, all, slices);
  const found = new Map<SlotKind, AlikeSlots<Item>>();
  for (const [index, { slot, item }] of all.entries()) {
    const kind = kinds[index] as SlotKind;
    const known = found.get(kind);
    if (known === undefined) found.set(kind, { slot, items: [item] });
    else known.items.push(item);
  }
  return [...found.values()];
}

/** The kinds of slots in their order. What the expressions of each read may tell others apart too. */
async function kindsOf(
  job: ClassAd,
  all: readonly SlotOf<unknown>[],
  slices: Slices,
): Promise<readonly SlotKind[]> {
  const kinds = new SlotKinds({ tellsFree: true });
  kinds.learnJob(job);
  kinds.learn(['start', ...freeAttributes]);
  const found: SlotKind[] = [];
  for (let edition = -1; edition !== kinds.edition; ) {
    edition = kinds.edition;
    for (const [index, { slot }] of all.entries()) {
      if (slices.isOver) await slices.rest();
      const before = found[index];
      found[index] = before === undefined ? kinds.kindOf(slot) : kinds.divide(before, slot);
    }
  }
  return found;
}
