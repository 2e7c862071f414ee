import type { ClassAd } from '#classad/class-ad.ts';
import { capacity, type PackedJob } from './capacity.ts';
import { lacking, type Resources } from './resources.ts';
import { offerOf } from './slot.ts';

/** Pilots that are equal for every job: of one kind, and with the same resources left. Never changed, only replaced. */
interface Bin {
  readonly kind: number;
  readonly slot: ClassAd;
  readonly free: Resources;
  /** Bins of different owners are never merged. */
  readonly owner: string;
  readonly count: number;
  /** The uids of real pilots, `count` of them; empty for pilots that do not exist yet. */
  readonly uids: readonly string[];
  /** Whether a job was packed into each of them. */
  readonly isUsed: boolean;
  /** The same text for bins that are equal. */
  readonly key: string;
}

/** Pilots to put into bins. `slot` is a slot ad with what is free. */
type NewBin = Pick<Bin, 'kind' | 'slot' | 'owner' | 'count'> & { readonly uids?: readonly string[] };

/**
 * Many pilots. Equal pilots share a bin, so that a thousand of them are looked at only once. Jobs go into pilots that already
 * have jobs before they go into empty ones.
 */
export class Bins {
  #bins: Bin[] = [];

  add(bins: readonly NewBin[]): void {
    const more = bins
      .filter(({ count }) => count > 0)
      .map(({ uids = [], ...bin }): Bin => keyed({ ...bin, uids, free: offerOf(bin.slot), isUsed: false }));
    if (more.length > 0) this.#bins = merged([...this.#bins, ...more]);
  }

  /** Pilots into which no job was packed. */
  unused(): readonly Pick<Bin, 'owner' | 'count' | 'uids'>[] {
    return this.#bins.filter(({ isUsed }) => !isUsed);
  }

  /** Packs up to `count` jobs like `job`. @returns how many jobs fit */
  pack(job: PackedJob, count: number): number {
    let packed = this.#pass(job, count);
    if (job.takes !== undefined) return packed;
    // The request of such a job may shrink with what is left, so the same pilots are tried again.
    for (let more = packed; more > 0 && packed < count; packed += more)
      more = this.#pass(job, count - packed);
    return packed;
  }

  #pass(job: PackedJob, count: number): number {
    let left = count;
    const bins: Bin[] = [];
    for (const bin of this.#bins) {
      const packed = left > 0 ? packInto(bin, job, left) : undefined;
      if (packed === undefined) bins.push(bin);
      else {
        left -= packed.jobs;
        for (const each of packed.after) if (!isFull(each)) bins.push(each);
      }
    }
    if (left < count) this.#bins = merged(bins);
    return count - left;
  }
}

/** The bin after up to `count` jobs went into it: filled pilots, one that is partly filled, and untouched ones. */
function packInto(bin: Bin, job: PackedJob, count: number): { jobs: number; after: Bin[] } | undefined {
  // Most bins lack a resource, which shows without evaluating an expression.
  if (job.takes !== undefined && lacking(job.takes, bin.free) !== undefined) return undefined;
  const { jobs, left } = capacity(job, bin.slot, bin.free, count);
  if (jobs === 0) return undefined;
  const filled = Math.min(bin.count, Math.floor(count / jobs));
  const rest = filled < bin.count ? count - filled * jobs : 0;
  const begun = filled + (rest > 0 ? 1 : 0);
  const after = [
    keyed({ ...part(bin, 0, filled), free: left(jobs), isUsed: true }),
    keyed({ ...part(bin, filled, begun), free: left(rest), isUsed: true }),
    part(bin, begun, bin.count),
  ];
  return { jobs: filled * jobs + rest, after: after.filter((each) => each.count > 0) };
}

/** Every job takes a core, so these pilots take none, and nobody asks for those that are used. */
const isFull = ({ free, isUsed }: Bin): boolean => isUsed && free.cpus < 1;

function keyed(bin: Omit<Bin, 'key'>): Bin {
  const { kind, owner, isUsed, free } = bin;
  return { ...bin, key: `${kind} ${isUsed} ${free.cpus} ${free.memory} ${free.disk} ${free.gpus} ${owner}` };
}

const part = (bin: Bin, from: number, to: number): Bin => ({
  ...bin,
  count: to - from,
  uids: bin.uids.slice(from, to),
});

/** Merges bins that have become equal, at the place of the first. */
function merged(bins: readonly Bin[]): Bin[] {
  const byContent = new Map<string, Bin>();
  for (const bin of bins) {
    const equal = byContent.get(bin.key);
    byContent.set(bin.key, equal === undefined ? bin : joined(equal, bin));
  }
  return [...byContent.values()];
}

const joined = (a: Bin, b: Bin): Bin => ({ ...a, count: a.count + b.count, uids: [...a.uids, ...b.uids] });
