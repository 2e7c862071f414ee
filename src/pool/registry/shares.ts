import type { ClassAd } from '#classad/class-ad.ts';
import { apportion } from '#match/apportion.ts';
import { Bins } from '#match/bins.ts';
import { type PackedJob, packedJob } from '#match/capacity.ts';
import { weighingEnvironment } from '#match/weighing-environment.ts';
import type { Bidder, OfferedGroup, OfferedSlots } from './offer.ts';
import type { FreshFit } from './verdicts.ts';

/** Waiting jobs that match alike. */
export interface WaitingCluster {
  readonly id: number;
  readonly count: number;
  readonly ad: ClassAd;
}

/** What waits, what is there, and who could bring more. */
export interface Market {
  readonly waiting: readonly WaitingCluster[];
  /** What is free, everywhere: slot ads, and numbers that are the same for slots that are alike. */
  readonly free: readonly { readonly slot: ClassAd; readonly kind: number }[];
  readonly bidders: readonly Bidder[];
  readonly kindOf: (slot: ClassAd) => number;
  /** How a job fits fresh pilots of a group; undefined if it does not. */
  readonly verdict: (slots: OfferedSlots, ad: ClassAd) => FreshFit | undefined;
  /** How many jobs of an autocluster a bidder was told of last, beyond those for free slots. */
  readonly had: (bidder: string, id: number) => number;
  /** Seconds since the epoch. */
  readonly time: number;
}

/** How many jobs of one autocluster are for whom. */
export interface Divided {
  /** Those that free slots take. */
  readonly now: number;
  /** By bidder, those that its starting pilots take, and those for which it is to start pilots. */
  readonly parts: ReadonlyMap<string, number>;
  /** How many jobs are in parts. Without parts nobody could run them, and each is told of all, to say why. */
  readonly rest: number;
}

export interface Shares {
  readonly byId: ReadonlyMap<number, Divided>;
  /** By group, the pilots that its bidder's part amounts to, starting ones included as far as they are counted on. */
  readonly asked: ReadonlyMap<string, number>;
}

/**
 * Divides what waits among all who could bring pilots for it. Free slots and starting pilots everywhere are filled first.
 * The rest, the deficit, is apportioned among the groups that can run it; to those that cannot be counted on goes only what
 * the others have no room for. What nobody has room for is divided too, so that each can say what holds it.
 */
export function sharesOf(market: Market): Shares {
  const { free, bidders, kindOf, time } = market;
  const open = bidders.flatMap((bidder) =>
    bidder.groups.map((group) => new OpenGroup(bidder, group, kindOf(group.slots.template))),
  );
  const now = new Bins();
  now.add(free.map((each) => ({ ...each, owner: '', count: 1 })));
  const byId = new Map<number, Divided>();
  for (const cluster of hardestFirst(market)) {
    try {
      const job = packedJob(cluster.ad, weighingEnvironment(time, free.length + open.length));
      byId.set(cluster.id, divide(cluster, job, now, open, market));
    } catch {
      // A job that cannot be evaluated gets no pilots, and each site says why.
      byId.set(cluster.id, { now: 0, parts: new Map(), rest: cluster.count });
    }
  }
  return { byId, asked: new Map(open.map(({ group, asked }) => [group.key, asked])) };
}

/** Jobs that take the largest share of a pilot come first, as where the sites pack them. */
function hardestFirst({ waiting, bidders, verdict }: Market): readonly WaitingCluster[] {
  const groups = bidders.flatMap((bidder) => bidder.groups);
  const hardness = new Map(
    waiting.map(({ id, ad }) => [
      id,
      Math.min(1, ...groups.flatMap(({ slots }) => verdict(slots, ad)?.share ?? [])),
    ]),
  );
  const of = ({ id }: WaitingCluster): number => hardness.get(id) ?? 1;
  return [...waiting].sort((a, b) => of(b) - of(a) || a.id - b.id);
}

function divide(
  { id, count, ad }: WaitingCluster,
  job: PackedJob,
  free: Bins,
  open: readonly OpenGroup[],
  { verdict, had, time }: Market,
): Divided {
  const now = free.pack(job, count);
  const able = open.filter(({ group }) => verdict(group.slots, ad) !== undefined);
  const asked = able.filter(({ bidder }) => bidder.counts?.(ad, time) === true);
  let left = count - now;
  const taken = new Map(able.map((each) => [each, 0]));
  const fill = (each: OpenGroup, bins: Bins): void => {
    const jobs = left > 0 ? bins.pack(job, left) : 0;
    taken.set(each, (taken.get(each) ?? 0) + jobs);
    left -= jobs;
  };
  const deal = (room: 'trustedRoom' | 'room'): void => {
    if (left === 0) return;
    const contenders = asked.map((each) => ({
      least: taken.get(each) ?? 0,
      room: each[room],
      each: verdict(each.group.slots, ad)?.each ?? 1,
      rank: each.group.rank,
      had: had(each.bidder.key, id),
    }));
    for (const [index, pilots] of apportion(left, contenders).entries()) asked[index]?.add(pilots);
    for (const each of asked) fill(each, each.fresh);
  };
  for (const each of able) fill(each, each.starting);
  for (const each of asked) fill(each, each.fresh);
  deal('trustedRoom');
  for (const each of able) fill(each, each.doubtful);
  deal('room');
  for (const [each, jobs] of denied(left, asked)) taken.set(each, (taken.get(each) ?? 0) + jobs);
  const parts = new Map<string, number>();
  for (const each of asked) {
    const { key } = each.bidder;
    parts.set(key, (parts.get(key) ?? 0) + (taken.get(each) ?? 0));
  }
  const rest = asked.length === 0 ? left : [...parts.values()].reduce((sum, jobs) => sum + jobs, 0);
  return { now, parts, rest };
}

/** Jobs for which no group has room, divided evenly: whoever gets room first is told of all soon enough. */
function denied(jobs: number, asked: readonly OpenGroup[]): [OpenGroup, number][] {
  return asked.map((each, index) => [each, Math.floor((jobs + index) / asked.length)]);
}

/** A group while jobs are divided. */
class OpenGroup {
  readonly bidder: Bidder;
  readonly group: OfferedGroup;
  /** Starting pilots that can be counted on, and those that cannot. */
  readonly starting = new Bins();
  readonly doubtful = new Bins();
  /** Pilots for which it is asked. */
  readonly fresh = new Bins();
  /** How many pilots more it may get. */
  room: number;
  /** The pilots that it is asked for, and the starting ones that are counted on. */
  asked: number;
  readonly #kind: number;

  constructor(bidder: Bidder, group: OfferedGroup, kind: number) {
    this.bidder = bidder;
    this.group = group;
    this.#kind = kind;
    this.room = group.headroom;
    this.asked = Math.min(group.starting, Math.floor(group.trusted));
    this.#open(this.starting, this.asked);
    this.#open(this.doubtful, group.starting - this.asked);
  }

  /** How many of those can be counted on. */
  get trustedRoom(): number {
    return Math.min(this.room, Math.max(0, Math.floor(this.group.trusted) - this.asked));
  }

  add(pilots: number): void {
    this.room -= pilots;
    this.asked += pilots;
    this.#open(this.fresh, pilots);
  }

  #open(bins: Bins, count: number): void {
    bins.add([{ kind: this.#kind, slot: this.group.slots.template, owner: '', count }]);
  }
}
