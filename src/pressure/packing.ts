import type { ClassAd } from '#classad/class-ad.ts';
import { requestOf } from '#match/request.ts';
import { resourceNames } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
import { Bin } from './bin.ts';
import type { Unrunnable } from './decision.ts';
import type { GroupSupply, RegisteredPilot, WaitingJobs } from './demand.ts';
import { objectionOf } from './unrunnable.ts';

/** A group as the packing sees it: how many pilots it may get, and how much it is preferred. */
export interface PackingGroup extends GroupSupply {
  readonly room: number;
  /** Groups of higher rank are filled first; equal ranks share evenly. */
  readonly rank: number;
}

/** What the packing found. */
export interface Packed {
  /** New pilots by group. */
  readonly add: ReadonlyMap<string, number>;
  /** Jobs by group that a pilot of it would run, had it room. */
  readonly turnedAway: ReadonlyMap<string, number>;
  readonly unrunnable: readonly Unrunnable[];
  /** Uids of idle pilots that no waiting job needs. */
  readonly unneeded: ReadonlySet<string>;
  readonly fitNow: number;
  readonly fitStarting: number;
}

/**
 * The what-if match: waiting jobs are packed first into what is free, then into pilots that start, then into as few
 * new ones as they need. Jobs that are hardest to place (the largest share of a pilot's scarcest resource) come
 * first, as in first-fit decreasing.
 */
export function pack(
  waiting: readonly WaitingJobs[],
  pilots: readonly RegisteredPilot[],
  groups: readonly PackingGroup[],
): Packed {
  const free = pilots
    .filter((pilot) => pilot.state !== 'Draining')
    .map((pilot) => ({ pilot, bin: new Bin(pilot.free) }));
  const starting = groups.flatMap((group) =>
    Array.from({ length: group.starting }, () => new Bin(group.template)),
  );
  const fresh = new FreshPilots(groups);
  const unrunnable: Unrunnable[] = [];
  const tally = { fitNow: 0, fitStarting: 0 };
  for (const jobs of hardestFirst(waiting, groups)) {
    let left = jobs.count;
    const now = fill(
      free.map(({ bin }) => bin),
      jobs.ad,
      left,
    );
    const soon = fill(starting, jobs.ad, left - now);
    left -= now + soon;
    tally.fitNow += now;
    tally.fitStarting += soon;
    if (left > 0) {
      const objections = fresh.place(jobs.ad, left);
      if (objections !== undefined) unrunnable.push({ id: jobs.id, count: left, reason: objections });
    }
  }
  const unneeded = free.filter(({ pilot, bin }) => pilot.state === 'Idle' && !bin.isUsed);
  return {
    add: fresh.added,
    turnedAway: fresh.turnedAway,
    unrunnable,
    unneeded: new Set(unneeded.map(({ pilot }) => pilot.uid)),
    ...tally,
  };
}

function fill(bins: readonly Bin[], job: ClassAd, count: number): number {
  let packed = 0;
  for (const bin of bins) {
    if (packed === count) break;
    packed += bin.pack(job, count - packed);
  }
  return packed;
}

function hardestFirst(waiting: readonly WaitingJobs[], groups: readonly GroupSupply[]): WaitingJobs[] {
  const share = new Map(
    waiting.map((jobs) => [jobs, Math.min(1, ...groups.map((group) => largestShare(jobs.ad, group)))]),
  );
  return [...waiting].sort(
    (a, b) => (share.get(b) ?? 0) - (share.get(a) ?? 0) || b.oldestSeconds - a.oldestSeconds,
  );
}

function largestShare(job: ClassAd, group: GroupSupply): number {
  const request = requestOf(job, group.template);
  const offer = offerOf(group.template);
  return Math.max(...resourceNames.map((name) => (offer[name] > 0 ? request[name] / offer[name] : 0)));
}

/** New pilots, opened one by one as jobs need them. */
class FreshPilots {
  readonly added = new Map<string, number>();
  readonly turnedAway = new Map<string, number>();
  readonly #groups: readonly PackingGroup[];
  readonly #bins: { group: string; bin: Bin }[] = [];

  constructor(groups: readonly PackingGroup[]) {
    this.#groups = groups;
  }

  /** @returns why no group can run the job, when none can */
  place(job: ClassAd, count: number): string | undefined {
    const objections = this.#groups.map((group) => objectionOf(job, group));
    const able = this.#groups.filter((_, index) => objections[index] === undefined);
    if (able.length === 0) return objections.join('; ') || 'there is no group';
    let left =
      count -
      fill(
        this.#bins.map(({ bin }) => bin),
        job,
        count,
      );
    while (left > 0) {
      const group = this.#next(able);
      if (group === undefined) break;
      const bin = new Bin(group.template);
      this.#bins.push({ group: group.name, bin });
      this.added.set(group.name, (this.added.get(group.name) ?? 0) + 1);
      left -= bin.pack(job, left);
    }
    if (left > 0) this.#turnAway(able, left);
    return undefined;
  }

  /** The group of the highest rank that has room; among equals the one that got least. */
  #next(able: readonly PackingGroup[]): PackingGroup | undefined {
    const got = (group: PackingGroup): number => this.added.get(group.name) ?? 0;
    return able
      .filter((group) => got(group) < group.room)
      .reduce<PackingGroup | undefined>((best, group) => {
        if (best === undefined || group.rank > best.rank) return group;
        return group.rank === best.rank && got(group) < got(best) ? group : best;
      }, undefined);
  }

  #turnAway(able: readonly PackingGroup[], jobs: number): void {
    for (const { name } of able) this.turnedAway.set(name, (this.turnedAway.get(name) ?? 0) + jobs);
  }
}
