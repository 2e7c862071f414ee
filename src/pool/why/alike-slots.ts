import type { ClassAd } from '#classad/class-ad.ts';
import { references } from '#classad/references.ts';
import { Computed, type Slot } from '#classad/slot.ts';
import { Real } from '#classad/value.ts';
import type { PrintedExpressions } from './printed-expressions.ts';
import type { Slices } from './slices.ts';

/** The attributes of a job or a slot with which a match begins. */
const roots = ['requirements', 'start', 'requestcpus', 'requestmemory', 'requestdisk', 'requestgpus'];

/** What a slot offers is compared in every match, whoever else reads it. */
const offered = ['cpus', 'memory', 'disk', 'gpus'];

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

interface Options {
  readonly printed: PrintedExpressions;
  readonly slices: Slices;
}

/**
 * Gathers slots that are equal in everything that a match with `job` can read: a thousand pilots of one group, which differ in
 * their names, are looked at once.
 */
export async function alikeSlots<Item>(
  job: ClassAd,
  all: readonly SlotOf<Item>[],
  options: Options,
): Promise<readonly AlikeSlots<Item>[]> {
  const { printed, slices } = options;
  const names = await namesRead(job, all, options);
  const found: AlikeSlots<Item>[] = [];
  const root: Branch<Item> = new Map();
  for (const { slot, item } of all) {
    if (slices.isOver) await slices.rest();
    let branch = root;
    for (const name of names) branch = next(branch, keyOf(slot.slot(name), printed));
    const known = branch.get(leaf) as AlikeSlots<Item> | undefined;
    if (known !== undefined) known.items.push(item);
    else {
      const first = { slot, items: [item] };
      branch.set(leaf, first);
      found.push(first);
    }
  }
  return found;
}

/** A tree with a level for each name: slots with the same values end at the same place. */
type Branch<Item> = Map<unknown, Branch<Item> | AlikeSlots<Item>>;

const leaf = Symbol('the slots that end here');

function next<Item>(branch: Branch<Item>, key: unknown): Branch<Item> {
  const known = branch.get(key) as Branch<Item> | undefined;
  if (known !== undefined) return known;
  const created: Branch<Item> = new Map();
  branch.set(key, created);
  return created;
}

/** Equal only for what is equal. Constants are their own keys, since the printing of ten thousand of them takes long. */
function keyOf(entry: Slot, printed: PrintedExpressions): unknown {
  if (entry instanceof Computed) return `=${printed.of(entry.expression)}`;
  if (entry instanceof Real) return `r${entry.value}`;
  return typeof entry === 'string' ? `"${entry}` : entry;
}

/** Names in lower case that the job's and the slots' conditions can read in a slot. Too many do no harm. */
async function namesRead<Item>(
  job: ClassAd,
  all: readonly SlotOf<Item>[],
  { printed, slices }: Options,
): Promise<readonly string[]> {
  const names = new Set([...roots, ...offered]);
  const read = new Set<string>();
  const look = (entry: Slot): void => {
    if (!(entry instanceof Computed)) return;
    const text = printed.of(entry.expression);
    if (read.has(text)) return;
    read.add(text);
    const { my, target, bare } = references(entry.expression);
    for (const those of [my, target, bare]) for (const each of those) names.add(each);
  };
  // The loop also visits what it adds to the set.
  for (const name of names) {
    look(job.slot(name));
    for (const { slot } of all) {
      look(slot.slot(name));
      if (slices.isOver) await slices.rest();
    }
  }
  return [...names];
}
