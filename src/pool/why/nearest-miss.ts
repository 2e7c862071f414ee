import { ClassAd } from '#classad/class-ad.ts';
import { fitOf } from '#match/fit.ts';
import type { Pilot } from '../collector/pilot.ts';
import { type Change, type ChangeInWords, changeFor } from './changes.ts';
import type { Condition, Conditions } from './conditions.ts';
import type { FeedingGroup } from './feeding-groups.ts';
import type { LookedAt, Scan } from './scan.ts';
import type { Slices } from './slices.ts';

/** The slots that come closest to fitting a job, and the least change that makes it fit them. */
export interface NearestMiss {
  readonly changes: readonly ChangeInWords[];
  /** What keeps the job out of those slots now. */
  readonly failing: readonly Condition[];
  /** The ad of one of those slots. */
  readonly slot: ClassAd;
  /** What would fit after the change: this was tried. */
  readonly pilots: readonly Pilot[];
  readonly groups: readonly FeedingGroup[];
}

interface Proposal {
  readonly kind: LookedAt;
  readonly changes: readonly Change[];
  readonly cost: number;
}

/** More changes at a time would be no advice. */
const mostChanges = 3;

/** The nearest miss; undefined if a slot fits already, or if nothing that the owner of the job can change would help. */
export async function nearestMiss(
  { conditions, kinds }: Scan,
  slices: Slices,
): Promise<NearestMiss | undefined> {
  let best: Proposal | undefined;
  for (const kind of kinds) {
    const proposal = proposed(kind, conditions);
    if (proposal !== undefined && isBetter(proposal, best)) best = proposal;
    if (slices.isOver) await slices.rest();
  }
  return best === undefined ? undefined : tried(best, conditions, kinds, slices);
}

function proposed(kind: LookedAt, conditions: Conditions): Proposal | undefined {
  const { failing } = kind;
  const { job } = conditions;
  if (failing.length === 0 || failing.length > mostChanges) return undefined;
  const changes = failing.map((condition) => changeFor(condition, { job, kind }));
  if (changes.includes(undefined)) return undefined;
  const known = changes.flatMap((change) => change ?? []);
  return { kind, changes: known, cost: known.reduce((sum, { loses }) => sum + 1 + loses, 0) };
}

/** The cheaper one, or else the one that helps with more slots. */
function isBetter(one: Proposal, other: Proposal | undefined): boolean {
  if (other === undefined || one.cost !== other.cost)
    return one.cost < (other?.cost ?? Number.POSITIVE_INFINITY);
  return sizeOf(one.kind) > sizeOf(other.kind);
}

const sizeOf = ({ pilots, groups }: LookedAt): number => pilots.length + groups.length;

/** Tries the change on all slots, so that what people are told is so. */
async function tried(
  { kind, changes }: Proposal,
  { job, environment, slotEnvironment }: Conditions,
  kinds: readonly LookedAt[],
  slices: Slices,
): Promise<NearestMiss | undefined> {
  const changed = new ClassAd(job);
  for (const { apply } of changes) apply(changed);
  const pilots: Pilot[] = [];
  const groups: FeedingGroup[] = [];
  for (const each of kinds) {
    if (slices.isOver) await slices.rest();
    if (!fitOf(changed, each.slot, environment, slotEnvironment).fits) continue;
    for (const pilot of each.pilots) pilots.push(pilot);
    for (const group of each.groups) groups.push(group);
  }
  if (pilots.length + groups.length === 0) return undefined;
  return {
    changes: changes.map((change) => change.inWords()),
    failing: kind.failing,
    slot: kind.slot,
    pilots,
    groups,
  };
}
