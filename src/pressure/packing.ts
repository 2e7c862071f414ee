import { describeError } from '#base/error.ts';
import { fitOf } from '#match/fit.ts';
import { requestOf } from '#match/request.ts';
import { resourceNames } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
import { isRefuted } from './came.ts';
import { type PackedJob, packedJob } from './capacity.ts';
import type { Unrunnable } from './decision.ts';
import type { GroupSupply, RegisteredPilot, WaitingJobs } from './demand.ts';
import { FreshPilots, type PackingGroup } from './fresh-pilots.ts';
import { Lots } from './lots.ts';
import { SlotKinds } from './slot-kinds.ts';
import { objections } from './unrunnable.ts';
import { type WeighingEnvironment, weighingEnvironment } from './weighing-environment.ts';

/** What the packing found. Every waiting job is in exactly one of the counts of `jobs`. */
export interface Packed {
  readonly jobs: {
    readonly fitNow: number;
    readonly fitStarting: number;
    readonly fitNew: number;
    /** Some group could run them, but none has room for another pilot. */
    readonly turnedAway: number;
    readonly unrunnable: number;
  };
  /** New pilots by group. */
  readonly add: ReadonlyMap<string, number>;
  /** Pilots by group that the jobs that were turned away would fill. */
  readonly denied: ReadonlyMap<string, number>;
  readonly unrunnable: readonly Unrunnable[];
  /** Uids of idle pilots that no waiting job needs. */
  readonly unneeded: ReadonlySet<string>;
  /** Pilots by group that start and that no waiting job needs. */
  readonly spareStarting: ReadonlyMap<string, number>;
}

/** Jobs with the groups whose fresh pilots fit them. */
interface Candidates {
  readonly jobs: WaitingJobs;
  readonly packed: PackedJob;
  readonly able: readonly PackingGroup[];
  /** The largest share that one job takes of any resource of a pilot that fits it, at its best group. */
  readonly share: number;
}

/**
 * The what-if match: waiting jobs are packed first into what is free, then into pilots that start, then into as few
 * new ones as they need. Jobs that are hardest to place (the largest share of a pilot's scarcest resource) come
 * first, as in first-fit decreasing. Pilots of suspended groups are on their way out: nothing is packed into them. A job
 * that cannot be weighed counts as one that nobody can run, and no other is affected.
 * @param time seconds since the epoch by the pool's clock: what `time()` means in its jobs
 */
export function pack(
  waiting: readonly WaitingJobs[],
  pilots: readonly RegisteredPilot[],
  groups: readonly PackingGroup[],
  time?: number,
): Packed {
  const slots = [...pilots.map(({ free }) => free), ...groups.map(({ template }) => template)];
  const kinds = new SlotKinds(
    waiting.map(({ ad }) => ad),
    slots,
  );
  const now = registeredLots(pilots, groups, kinds);
  const soon = startingLots(groups, kinds);
  const fresh = new FreshPilots(kinds);
  const unrunnable: Unrunnable[] = [];
  const tally = { fitNow: 0, fitStarting: 0, fitNew: 0, turnedAway: 0, unrunnable: 0 };
  const place = ({ jobs, packed, able }: Candidates): void => {
    const fitNow = now.pack(packed, jobs.count);
    const fitStarting = soon.pack(packed, jobs.count - fitNow);
    const left = jobs.count - fitNow - fitStarting;
    tally.fitNow += fitNow;
    tally.fitStarting += fitStarting;
    if (left > 0 && able.length === 0) {
      tally.unrunnable += left;
      unrunnable.push({ id: jobs.id, count: left, reason: objections(packed, groups) });
    } else {
      const turnedAway = left > 0 ? fresh.place(packed, left, able) : 0;
      tally.turnedAway += turnedAway;
      tally.fitNew += left - turnedAway;
    }
  };
  const { candidates, hopeless } = hardestFirst(waiting, groups, () =>
    weighingEnvironment(time, slots.length),
  );
  for (const { jobs, reason } of hopeless) {
    tally.unrunnable += jobs.count;
    unrunnable.push({ id: jobs.id, count: jobs.count, reason });
  }
  for (const each of candidates) place(each);
  return {
    jobs: tally,
    add: fresh.added,
    denied: fresh.denied,
    unrunnable,
    unneeded: new Set(now.unused().flatMap(({ uids }) => uids)),
    spareStarting: new Map(soon.unused().map(({ owner, count }) => [owner, count])),
  };
}

/**
 * What is free on pilots that have to stay anyway comes first, so that idle ones may go. A pilot out of contact takes no
 * job.
 */
function registeredLots(
  pilots: readonly RegisteredPilot[],
  groups: readonly PackingGroup[],
  kinds: SlotKinds,
): Lots {
  const suspended = new Set(groups.filter((group) => group.suspended).map(({ name }) => name));
  const lots = new Lots();
  for (const state of ['Busy', 'Idle']) {
    const some = pilots.filter(
      (pilot) => pilot.connected && pilot.state === state && !suspended.has(pilot.group ?? ''),
    );
    const uidsOf = (uid: string): readonly string[] => (state === 'Idle' ? [uid] : []);
    lots.add(
      some.map(({ uid, free: slot }) => ({
        kind: kinds.kindOf(slot),
        slot,
        owner: state,
        count: 1,
        uids: uidsOf(uid),
      })),
    );
  }
  return lots;
}

function startingLots(groups: readonly PackingGroup[], kinds: SlotKinds): Lots {
  const lots = new Lots();
  for (const { name, template, starting, suspended } of groups) {
    if (!suspended)
      lots.add([{ kind: kinds.kindOf(template), slot: template, owner: name, count: starting }]);
  }
  return lots;
}

interface Sorted {
  readonly candidates: readonly Candidates[];
  /** Jobs that cannot be weighed, and why. */
  readonly hopeless: readonly { readonly jobs: WaitingJobs; readonly reason: string }[];
}

function hardestFirst(
  waiting: readonly WaitingJobs[],
  groups: readonly PackingGroup[],
  environment: () => WeighingEnvironment,
): Sorted {
  const candidates: Candidates[] = [];
  const hopeless: { jobs: WaitingJobs; reason: string }[] = [];
  for (const jobs of waiting) {
    try {
      candidates.push(candidatesFor(jobs, groups, environment()));
    } catch (error) {
      hopeless.push({ jobs, reason: `it cannot be weighed: ${describeError(error)}` });
    }
  }
  candidates.sort(
    (a, b) => b.share - a.share || b.jobs.oldestSeconds - a.jobs.oldestSeconds || a.jobs.id - b.jobs.id,
  );
  return { candidates, hopeless };
}

function candidatesFor(
  jobs: WaitingJobs,
  groups: readonly PackingGroup[],
  environment: WeighingEnvironment,
): Candidates {
  const packed = packedJob(jobs.ad, environment);
  const able = groups.filter(
    ({ template, came }) => fitOf(jobs.ad, template, environment).fits && !isRefuted(packed, came),
  );
  const share = Math.min(1, ...able.map((group) => largestShare(packed, group)));
  return { jobs, packed, able, share };
}

function largestShare({ ad, environment }: PackedJob, { template }: GroupSupply): number {
  const request = requestOf(ad, template, environment);
  const offer = offerOf(template);
  return Math.max(...resourceNames.map((name) => (offer[name] > 0 ? request[name] / offer[name] : 0)));
}
