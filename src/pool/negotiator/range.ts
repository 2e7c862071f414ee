import { type AttributesRead, attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { Computed } from '#classad/slot.ts';
import type { SlotReads } from '#match/prepared-job.ts';
import { freeAttributes, type SlotKinds } from '#match/slot-kinds.ts';

/** What a value depends on: it is the same for all slots of a bucket, for those of a lot (what is free is read), or for one alone. */
export interface Range {
  readonly reach: 'bucket' | 'lot' | 'slot';
  /** Whether it changes with what is free. */
  readonly free: boolean;
  /** Whether it changes with time or chance. */
  readonly clock: boolean;
}

/** What may depend on everything. */
export const anything: Range = { reach: 'slot', free: true, clock: true };

/** That of a constant. */
export const everywhere: Range = { reach: 'bucket', free: false, clock: false };

/** That of what is free. */
const ofLots: Range = { reach: 'lot', free: true, clock: false };

/** What the Requirements of slots depend on. @param read what they read */
export const rangeOfStart = ({ my, clock, anything: any }: AttributesRead, kinds: SlotKinds): Range =>
  any ? anything : rangeOfNames(my, clock, kinds);

/**
 * What they depend on by attributes of the job that they read, if these read the slot in turn, such as
 * `RequestMemory = TARGET.Memory / 2`; undefined if none does.
 */
export function rangeByJob(
  { target }: AttributesRead,
  { slot, job, kinds }: { readonly slot: ClassAd; readonly job: ClassAd; readonly kinds: SlotKinds },
): Range | undefined {
  if (target.size === 0) return undefined;
  const computed = [...target].filter((name) => job.slot(name) instanceof Computed);
  return computed.length === 0 ? undefined : rangeIn(slot, attributesRead(job, computed), kinds);
}

/** What expressions of a job depend on, in a bucket with slots like this one. */
export function rangeIn(slot: ClassAd, reads: SlotReads, kinds: SlotKinds): Range {
  if (reads.anything) return anything;
  const computed = [...reads.target].filter((name) => slot.slot(name) instanceof Computed);
  if (computed.length === 0) return rangeOf(reads, kinds);
  const followed = attributesRead(slot, computed);
  // An attribute of the slot that reads the job may read there what reads the slot again: too deep to follow.
  if (followed.anything || followed.target.size > 0) return anything;
  return rangeOfNames([...reads.target, ...followed.my], reads.clock || followed.clock, kinds);
}

/** What expressions of a job depend on where all that they read is constant. */
export const rangeOf = ({ target, clock, anything: any }: SlotReads, kinds: SlotKinds): Range =>
  any ? anything : rangeOfNames(target, clock, kinds);

/** What is an expression in some slots may read there what is free, and anything of the job. */
function rangeOfNames(names: Iterable<string>, clock: boolean, kinds: SlotKinds): Range {
  let range: Range = { ...everywhere, clock };
  for (const name of names) {
    const own = kinds.individually(name);
    if (own !== undefined) range = wider(range, { reach: 'slot', free: own.computed, clock: own.clock });
    else if (freeAttributes.has(name)) range = wider(range, ofLots);
  }
  return range;
}

const reaches = ['bucket', 'lot', 'slot'] as const;

/** What a value depends on that is made of two. */
export const wider = (a: Range, b: Range): Range => ({
  reach: reaches.indexOf(a.reach) > reaches.indexOf(b.reach) ? a.reach : b.reach,
  free: a.free || b.free,
  clock: a.clock || b.clock,
});
