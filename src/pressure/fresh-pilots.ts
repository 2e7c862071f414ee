import { Bins } from '#match/bins.ts';
import type { PackedJob } from '#match/capacity.ts';
import type { SlotKinds } from '#match/slot-kinds.ts';
import type { Came } from './came.ts';
import type { GroupSupply } from './demand.ts';

/** A group as the packing sees it: how many pilots it may get, and how much it is preferred. */
export interface PackingGroup extends GroupSupply {
  readonly headroom: number;
  /** Groups of higher rank are filled first; equal ranks share evenly. */
  readonly rank: number;
  /** What its pilots registered. */
  readonly came: Came;
}

/** New pilots, added as jobs need them, and those that would be added if the limits of their groups allowed it. */
export class FreshPilots {
  readonly added = new Map<string, number>();
  /** By group, the pilots that would be needed for jobs that no group has room for. A job counts in each group that fits it. */
  readonly denied = new Map<string, number>();
  readonly #kinds: SlotKinds;
  readonly #bins = new Bins();
  readonly #deniedBins = new Map<string, Bins>();

  constructor(kinds: SlotKinds) {
    this.#kinds = kinds;
  }

  /**
   * Places jobs in new pilots.
   * @param able groups that fit the job
   * @returns how many jobs found no group with room
   */
  place(job: PackedJob, count: number, able: readonly PackingGroup[]): number {
    const begun = this.#bins.pack(job, count);
    const wanted = this.#share(job, count - begun, able);
    for (const [group, pilots] of wanted) {
      this.#open(this.#bins, group, pilots);
      increase(this.added, group.name, pilots);
    }
    const left = count - begun - this.#bins.pack(job, count - begun);
    if (left > 0) for (const group of able) this.#deny(job, left, group);
    return left;
  }

  /** New pilots by group: each goes to the group of the highest rank that has room and, among equals, to the one with fewest. */
  #share(job: PackedJob, count: number, able: readonly PackingGroup[]): Map<PackingGroup, number> {
    const share = new Map<PackingGroup, number>();
    if (count <= 0) return share;
    const each = new Map(able.map((group) => [group, this.#jobsIn(job, count, group)]));
    const got = (group: PackingGroup): number => (this.added.get(group.name) ?? 0) + (share.get(group) ?? 0);
    for (let left = count; left > 0; ) {
      let best: PackingGroup | undefined;
      for (const group of able) {
        if (got(group) < group.headroom && (best === undefined || isBefore(group, best, got))) best = group;
      }
      if (best === undefined) break;
      const jobs = each.get(best) ?? left;
      // Steps are large at first, but small enough for the other groups to catch up.
      const step = Math.max(1, Math.floor(left / jobs / (2 * able.length)));
      const pilots = Math.min(step, best.headroom - got(best));
      share.set(best, (share.get(best) ?? 0) + pilots);
      left -= pilots * jobs;
    }
    return share;
  }

  /** How many of the jobs fit into one new pilot of the group. */
  #jobsIn(job: PackedJob, count: number, group: PackingGroup): number {
    const trial = new Bins();
    this.#open(trial, group, 1);
    return Math.max(1, trial.pack(job, count));
  }

  #deny(job: PackedJob, count: number, group: PackingGroup): void {
    const bins = this.#deniedBins.get(group.name) ?? new Bins();
    this.#deniedBins.set(group.name, bins);
    const left = count - bins.pack(job, count);
    const pilots = Math.ceil(left / this.#jobsIn(job, count, group));
    this.#open(bins, group, pilots);
    bins.pack(job, left);
    increase(this.denied, group.name, pilots);
  }

  #open(bins: Bins, { template }: PackingGroup, count: number): void {
    bins.add([{ kind: this.#kinds.kindOf(template).number, slot: template, owner: '', count }]);
  }
}

const isBefore = (a: PackingGroup, b: PackingGroup, got: (group: PackingGroup) => number): boolean =>
  a.rank > b.rank || (a.rank === b.rank && got(a) < got(b));

function increase(counts: Map<string, number>, key: string, by: number): void {
  if (by > 0) counts.set(key, (counts.get(key) ?? 0) + by);
}
