import { attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { Computed } from '#classad/slot.ts';
import type { SlotReads } from '#match/prepared-job.ts';
import { freeAttributes, type SlotKinds } from '#match/slot-kinds.ts';

/** What a value depends on: it is the same for all slots of a bucket, for those of a lot (what is free is read), or for one alone. */
export interface Range {
  readonly reach: 'bucket' | 'lot' | 'slot';
  /** Whether it changes with time or chance. */
  readonly clock: boolean;
}

const anything: Range = { reach: 'slot', clock: true };

/** What the Requirements of the slots of a bucket depend on, apart from the job. */
export function rangeOfStart(slot: ClassAd, kinds: SlotKinds): Range {
  const read = attributesRead(slot, ['requirements']);
  return read.anything ? anything : { reach: reachOf(read.my, kinds), clock: read.clock };
}

/** What expressions of a job depend on, in a bucket with slots like this one. */
export function rangeIn(slot: ClassAd, reads: SlotReads, kinds: SlotKinds): Range {
  if (reads.anything) return anything;
  const computed = [...reads.target].filter((name) => slot.slot(name) instanceof Computed);
  if (computed.length === 0) return { reach: reachOf(reads.target, kinds), clock: reads.clock };
  const followed = attributesRead(slot, computed);
  if (followed.anything) return anything;
  return {
    reach: reachOf([...reads.target, ...followed.my], kinds),
    clock: reads.clock || followed.clock,
  };
}

function reachOf(names: Iterable<string>, kinds: SlotKinds): Range['reach'] {
  let reach: Range['reach'] = 'bucket';
  for (const name of names) {
    if (kinds.isIndividual(name)) return 'slot';
    if (freeAttributes.has(name)) reach = 'lot';
  }
  return reach;
}

/** What a value depends on that is made of two. */
export function wider(a: Range, b: Range): Range {
  const clock = a.clock || b.clock;
  if (a.reach === 'slot' || b.reach === 'slot') return { reach: 'slot', clock };
  return { reach: a.reach === 'lot' || b.reach === 'lot' ? 'lot' : 'bucket', clock };
}
