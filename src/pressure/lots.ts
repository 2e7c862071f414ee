import type { ClassAd } from '#classad/class-ad.ts';
import { lacking, type Resources } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
import { capacity, type PackedJob } from './capacity.ts';

/** Pilots that are equal for every job: of one kind, with the same left. Never changed, only replaced. */
interface Lot {
  readonly kind: number;
  readonly slot: ClassAd;
  readonly free: Resources;
  /** Whose they are; lots of different owners stay apart. */
  readonly owner: string;
  readonly count: number;
  /** Uids of real pilots, as many as `count`; none of pilots that are only thought of. */
  readonly uids: readonly string[];
  /** Whether a job was packed into each of them. */
  readonly isUsed: boolean;
}

/** Pilots to put into lots: `slot` is a slot ad with what is free. */
type NewLot = Pick<Lot, 'kind' | 'slot' | 'owner' | 'count'> & { readonly uids?: readonly string[] };

/**
 * Many pilots, equal ones together, so that a thousand alike are looked at once. Jobs go into pilots that others have
 * begun before they begin a new one.
 */
export class Lots {
  #lots: Lot[] = [];

  add(lots: readonly NewLot[]): void {
    const more = lots
      .filter(({ count }) => count > 0)
      .map(({ uids = [], ...lot }): Lot => ({ ...lot, uids, free: offerOf(lot.slot), isUsed: false }));
    this.#lots = merged([...this.#lots, ...more]);
  }

  /** Pilots into which no job was packed. */
  unused(): readonly Pick<Lot, 'owner' | 'count' | 'uids'>[] {
    return this.#lots.filter(({ isUsed }) => !isUsed);
  }

  /** Packs up to `count` jobs like `job`. @returns how many found room */
  pack(job: PackedJob, count: number): number {
    let packed = this.#pass(job, count);
    if (job.takes !== undefined) return packed;
    // What such a job asks for may shrink with what is left: the same pilots are looked at again.
    for (let more = packed; more > 0 && packed < count; packed += more)
      more = this.#pass(job, count - packed);
    return packed;
  }

  #pass(job: PackedJob, count: number): number {
    let left = count;
    const lots: Lot[] = [];
    for (const lot of this.#lots) {
      const packed = left > 0 ? packInto(lot, job, left) : undefined;
      if (packed === undefined) lots.push(lot);
      else {
        left -= packed.jobs;
        lots.push(...packed.after);
      }
    }
    if (left < count) this.#lots = merged(lots);
    return count - left;
  }
}

/** The lot after up to `count` jobs went into it: filled pilots, the one that is begun, then untouched ones. */
function packInto(lot: Lot, job: PackedJob, count: number): { jobs: number; after: Lot[] } | undefined {
  // Most lots lack something: that shows without evaluating an expression.
  if (job.takes !== undefined && lacking(job.takes, lot.free) !== undefined) return undefined;
  const { jobs, left } = capacity(job, lot.slot, lot.free, count);
  if (jobs === 0) return undefined;
  const filled = Math.min(lot.count, Math.floor(count / jobs));
  const rest = filled < lot.count ? count - filled * jobs : 0;
  const begun = filled + (rest > 0 ? 1 : 0);
  const after = [
    { ...part(lot, 0, filled), free: left(jobs), isUsed: true },
    { ...part(lot, filled, begun), free: left(rest), isUsed: true },
    part(lot, begun, lot.count),
  ];
  return { jobs: filled * jobs + rest, after: after.filter((each) => each.count > 0) };
}

const part = (lot: Lot, from: number, to: number): Lot => ({
  ...lot,
  count: to - from,
  uids: lot.uids.slice(from, to),
});

/** Lots that became equal, as one at the place of the first. */
function merged(lots: readonly Lot[]): Lot[] {
  const byContent = new Map<string, Lot>();
  for (const lot of lots) {
    const { kind, owner, isUsed, free } = lot;
    const key = `${kind} ${isUsed} ${free.cpus} ${free.memory} ${free.disk} ${free.gpus} ${owner}`;
    const equal = byContent.get(key);
    byContent.set(key, equal === undefined ? lot : joined(equal, lot));
  }
  return [...byContent.values()];
}

const joined = (a: Lot, b: Lot): Lot => ({ ...a, count: a.count + b.count, uids: [...a.uids, ...b.uids] });
