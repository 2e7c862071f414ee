import { describeError } from '#base/error.ts';
import { Bins } from '#match/bins.ts';
import { type PackedJob, packedJob } from '#match/capacity.ts';
import { fitOf } from '#match/fit.ts';
import { largestShare } from '#match/largest-share.ts';
import { isRefuted } from '#match/refuted.ts';
import { SlotKinds } from '#match/slot-kinds.ts';
import { type WeighingEnvironment, weighingEnvironment } from '#match/weighing-environment.ts';
import type { Unrunnable } from './decision.ts';
import type { Autocluster, PilotSupply } from './demand.ts';
import { FreshPilots, type PackingGroup } from './fresh-pilots.ts';
import { mismatches } from './unrunnable.ts';
import { WantedImages } from './wanted-images.ts';

/** What the packing found. Every waiting job is in exactly one of the counts of `jobs`. */
export interface Packed {
  readonly jobs: {
    readonly fitNow: number;
    readonly fitStarting: number;
    readonly fitNew: number;
    /** Jobs that some group could run, but for which no group has room for another pilot. */
    readonly turnedAway: number;
    readonly unrunnable: number;
  };
  /** New pilots by group. */
  readonly add: ReadonlyMap<string, number>;
  /** By group, the pilots that the jobs which were turned away would need. */
  readonly denied: ReadonlyMap<string, number>;
  readonly unrunnable: readonly Unrunnable[];
  /** Uids of idle pilots that no waiting job needs. */
  readonly unneeded: ReadonlySet<string>;
  /** By group, the starting pilots that no waiting job needs. */
  readonly spareStarting: ReadonlyMap<string, number>;
  /** The images of jobs that fit into no free slot. */
  readonly images: WantedImages;
}

/** An autocluster, and the groups whose fresh pilots fit its jobs. */
interface PlaceableAutocluster {
  readonly autocluster: Autocluster;
  readonly packed: PackedJob;
  readonly able: readonly PackingGroup[];
  /** The largest share of a pilot's resource that one job takes, in the group where it takes least. */
  readonly share: number;
}

/**
 * The what-if match: waiting jobs are packed into what is free, then into starting pilots, then into as few new pilots as
 * possible. Jobs that are hardest to place (those with the largest share of a pilot's scarcest resource) come first, as in
 * first-fit decreasing. Nothing is packed into pilots of suspended groups, because they will leave. A job that cannot be
 * evaluated counts as one that no group can run, and does not affect the others.
 * @param time seconds since the epoch by the pool's clock: what `time()` means in its jobs
 */
export function pack(
  autoclusters: readonly Autocluster[],
  pilots: readonly PilotSupply[],
  groups: readonly PackingGroup[],
  time?: number,
): Packed {
  const slots = [...pilots.map(({ free }) => free), ...groups.map(({ template }) => template)];
  const kinds = SlotKinds.of(
    autoclusters.map(({ ad }) => ad),
    slots,
  );
  const now = registeredBins(pilots, groups, kinds);
  const soon = startingBins(groups, kinds);
  const fresh = new FreshPilots(kinds);
  const unrunnable: Unrunnable[] = [];
  const tally = { fitNow: 0, fitStarting: 0, fitNew: 0, turnedAway: 0, unrunnable: 0 };
  const images = new WantedImages();
  const place = ({ autocluster: { id, count, ad }, packed, able }: PlaceableAutocluster): void => {
    const fitNow = now.pack(packed, count);
    images.note(ad, count - fitNow, able);
    const fitStarting = soon.pack(packed, count - fitNow);
    const left = count - fitNow - fitStarting;
    tally.fitNow += fitNow;
    tally.fitStarting += fitStarting;
    if (left > 0 && able.length === 0) {
      tally.unrunnable += left;
      unrunnable.push({ id, count: left, reason: mismatches(packed, groups) });
    } else {
      const turnedAway = left > 0 ? fresh.place(packed, left, able) : 0;
      tally.turnedAway += turnedAway;
      tally.fitNew += left - turnedAway;
    }
  };
  const { placeable, hopeless } = hardestFirst(autoclusters, groups, () =>
    weighingEnvironment(time, slots.length),
  );
  for (const { autocluster, reason } of hopeless) {
    const { id, count } = autocluster;
    tally.unrunnable += count;
    unrunnable.push({ id, count, reason });
  }
  for (const each of placeable) place(each);
  return {
    jobs: tally,
    add: fresh.added,
    denied: fresh.denied,
    unrunnable,
    unneeded: new Set(now.unused().flatMap(({ uids }) => uids)),
    spareStarting: new Map(soon.unused().map(({ owner, count }) => [owner, count])),
    images,
  };
}

/**
 * What is free on busy pilots, which stay anyway, is used first, so that idle ones may leave. Pilots out of contact take no
 * jobs.
 */
function registeredBins(
  pilots: readonly PilotSupply[],
  groups: readonly PackingGroup[],
  kinds: SlotKinds,
): Bins {
  const suspended = new Set(groups.filter((group) => group.suspended).map(({ name }) => name));
  const bins = new Bins();
  for (const state of ['Busy', 'Idle']) {
    const some = pilots.filter(
      (pilot) => pilot.connected && pilot.state === state && !suspended.has(pilot.group ?? ''),
    );
    const uidsOf = (uid: string): readonly string[] => (state === 'Idle' ? [uid] : []);
    bins.add(
      some.map(({ uid, free: slot }) => ({
        kind: kinds.kindOf(slot).number,
        slot,
        owner: state,
        count: 1,
        uids: uidsOf(uid),
      })),
    );
  }
  return bins;
}

function startingBins(groups: readonly PackingGroup[], kinds: SlotKinds): Bins {
  const bins = new Bins();
  for (const { name, template, starting, suspended } of groups) {
    if (!suspended)
      bins.add([{ kind: kinds.kindOf(template).number, slot: template, owner: name, count: starting }]);
  }
  return bins;
}

interface Sorted {
  readonly placeable: readonly PlaceableAutocluster[];
  /** Jobs that cannot be evaluated, and why. */
  readonly hopeless: readonly { readonly autocluster: Autocluster; readonly reason: string }[];
}

function hardestFirst(
  autoclusters: readonly Autocluster[],
  groups: readonly PackingGroup[],
  environment: () => WeighingEnvironment,
): Sorted {
  const placeable: PlaceableAutocluster[] = [];
  const hopeless: { autocluster: Autocluster; reason: string }[] = [];
  for (const autocluster of autoclusters) {
    try {
      placeable.push(placeableIn(autocluster, groups, environment()));
    } catch (error) {
      hopeless.push({ autocluster, reason: `it cannot be evaluated: ${describeError(error)}` });
    }
  }
  placeable.sort(
    (a, b) =>
      b.share - a.share ||
      b.autocluster.oldestSeconds - a.autocluster.oldestSeconds ||
      a.autocluster.id - b.autocluster.id,
  );
  return { placeable, hopeless };
}

function placeableIn(
  autocluster: Autocluster,
  groups: readonly PackingGroup[],
  environment: WeighingEnvironment,
): PlaceableAutocluster {
  const packed = packedJob(autocluster.ad, environment);
  const able = groups.filter(
    ({ template, came }) =>
      fitOf(autocluster.ad, template, environment).fits && !isRefuted(packed, [...came.slots.values()]),
  );
  const share = Math.min(1, ...able.map(({ template }) => largestShare(packed, template)));
  return { autocluster, packed, able, share };
}
