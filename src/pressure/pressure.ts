import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import { parseDuration } from '#base/duration.ts';
import { prepare } from '#classad/evaluate.ts';
import { parseExpression } from '#classad/parser.ts';
import { isTrue } from '#classad/value.ts';
import { weighingEnvironment } from '#match/weighing-environment.ts';
import { type Came, cameOf } from './came.ts';
import { type Additions, rampCap, totalCap } from './caps.ts';
import { policyProblem } from './check-policy.ts';
import type { Decision, LimitThatBit } from './decision.ts';
import type { Autocluster, Demand, GroupSupply, PilotSupply } from './demand.ts';
import { explain } from './explain.ts';
import type { PackingGroup } from './fresh-pilots.ts';
import { type Headroom, headroomOf } from './headroom.ts';
import { rankOf } from './offers.ts';
import { type Packed, pack } from './packing.ts';
import { countedOn, release, type SurplusCounts } from './removal.ts';

/**
 * Decides how many pilots each group should have. Pure and deterministic: the same demand, supply, policy and previous
 * decision give the same answer.
 * @throws GlideinError InvalidExpression when an expression of the policy does not parse
 */
export function pressure(
  demand: Demand,
  groups: readonly GroupSupply[],
  policy: PressurePolicySpec,
  previous: Decision | undefined,
): Decision {
  const problem = policyProblem(policy);
  if (problem !== undefined) throw problem;
  return demand.known
    ? decide(demand, groups, policy, previous)
    : whileUnknown(demand, groups, policy, previous);
}

/** A group, with everything that is known of it now. */
interface WeighedGroup extends PackingGroup {
  /** Its registered pilots that are not draining. */
  readonly staying: readonly PilotSupply[];
  readonly draining: number;
  readonly tightest: Headroom['limit'];
}

function decide(
  { autoclusters, pilots, time, limited = 0 }: Extract<Demand, { known: true }>,
  groups: readonly GroupSupply[],
  policy: PressurePolicySpec,
  previous: Decision | undefined,
): Decision {
  const counted = jobsThatCount(autoclusters, policy.jobs, time);
  const weighed = groups.map((group) => weigh(group, pilots, policy, previous?.came.get(group.name)));
  const packed = pack(counted, pilots, weighed, time);
  const capped = cap(weighed, packed, policy);
  const surplus = weighed.flatMap((group) =>
    (capped.add.get(group.name) ?? 0) > 0 ? [] : surplusOf(group, packed, policy.reserve),
  );
  const counts = countedOn(surplus, previous?.surplusFor ?? {});
  return {
    groups: weighed.map((group) => {
      const add = capped.add.get(group.name) ?? 0;
      const release = goingOf(group, surplus, counts, policy);
      const limits = capped.limits.get(group.name) ?? [];
      const { name, staying, starting, suspended } = group;
      const images = add > 0 ? packed.images.of(group) : [];
      return {
        group: name,
        wanted: suspended ? 0 : staying.length - release.length + starting + add,
        add,
        release,
        limits,
        ...(images.length > 0 && { images }),
        reason: explain({
          packed,
          limited,
          leavesOut: counted.length < autoclusters.length,
          suspended,
          add,
          going: release.length,
          limits,
          outOfContact: staying.filter(({ connected }) => !connected).length,
        }),
      };
    }),
    unrunnable: packed.unrunnable,
    waiting: counted.reduce((sum, { count }) => sum + count, 0),
    surplusFor: counts,
    came: new Map(weighed.map(({ name, came }) => [name, came])),
  };
}

function weigh(
  group: GroupSupply,
  pilots: readonly PilotSupply[],
  policy: PressurePolicySpec,
  before: Came | undefined,
): WeighedGroup {
  const registered = pilots.filter((pilot) => pilot.group === group.name);
  const staying = registered.filter((pilot) => pilot.state !== 'Draining');
  const headroom = headroomOf(group, registered);
  return {
    ...group,
    staying,
    draining: registered.length - staying.length,
    headroom: headroom.pilots,
    tightest: headroom.limit,
    rank: rankOf(group, policy),
    came: cameOf(group, registered, before),
  };
}

/** The result of the packing plus the reserve, reduced by the limits. */
function cap(weighed: readonly WeighedGroup[], packed: Packed, policy: PressurePolicySpec): Additions {
  const present = weighed.reduce(
    (sum, { staying, draining, starting, leaving }) => sum + staying.length + draining + starting + leaving,
    0,
  );
  const add = new Map<string, number>();
  const limits = new Map<string, LimitThatBit[]>();
  for (const group of weighed) {
    const wish = (packed.add.get(group.name) ?? 0) + missingReserve(group, packed, policy.reserve);
    const cost = (packed.denied.get(group.name) ?? 0) + Math.max(0, wish - group.headroom);
    add.set(group.name, Math.min(wish, group.headroom));
    if (cost > 0) limits.set(group.name, [{ ...group.tightest, count: cost }]);
  }
  const ranks = new Map(weighed.map(({ name, rank }) => [name, rank]));
  const caps = [rampCap(policy.ramp), totalCap(policy.maxPilots, present, (group) => ranks.get(group) ?? 0)];
  return caps.reduce<Additions>((all, lower) => lower(all), { add, limits });
}

/** How many pilots the reserve lacks, given the idle and the starting pilots that no job needs. */
function missingReserve(group: WeighedGroup, packed: Packed, reserve: number): number {
  if (group.suspended) return 0;
  const spare = group.staying.filter(({ uid }) => packed.unneeded.has(uid)).length;
  return Math.max(0, reserve - spare - (packed.spareStarting.get(group.name) ?? 0));
}

const surplusOf = (group: WeighedGroup, packed: Packed, reserve: number): readonly PilotSupply[] =>
  group.suspended ? [] : group.staying.filter(({ uid }) => packed.unneeded.has(uid)).slice(reserve);

/** Pilots that should leave: all of a suspended group, once their jobs have ended; of others, those idle for long enough. */
function goingOf(
  group: WeighedGroup,
  surplus: readonly PilotSupply[],
  counts: SurplusCounts,
  policy: PressurePolicySpec,
): readonly string[] {
  if (group.suspended) return group.staying.map(({ uid }) => uid);
  const own = surplus.filter((pilot) => pilot.group === group.name);
  return release(own, counts, policy.removal);
}

/** While demand is unknown, nothing is created or removed. After a while, the policy may want no pilots instead. */
function whileUnknown(
  demand: Extract<Demand, { known: false }>,
  groups: readonly GroupSupply[],
  policy: PressurePolicySpec,
  previous: Decision | undefined,
): Decision {
  const { holdFor, afterwards } = policy.unknownDemand;
  const over = demand.forSeconds * 1000 >= parseDuration(holdFor) && afterwards === 'Zero';
  const what = over ? 'no pilots are wanted until it is known' : 'nothing is created or removed';
  return {
    unrunnable: previous?.unrunnable ?? [],
    waiting: previous?.waiting ?? 0,
    surplusFor: {},
    came: previous?.came ?? new Map(),
    groups: groups.map(({ name, starting }) => ({
      group: name,
      wanted: over ? 0 : (previous?.groups.find(({ group }) => group === name)?.wanted ?? starting),
      add: 0,
      release: [],
      limits: [],
      reason: `Demand is unknown (${demand.reason}): ${what}`,
    })),
  };
}

/** A job does not count if the constraint is not true for it, or cannot be evaluated. */
function jobsThatCount(
  autoclusters: readonly Autocluster[],
  constraint: string,
  time: number | undefined,
): readonly Autocluster[] {
  const holds = prepare(parseExpression(constraint));
  return autoclusters.filter(({ ad }) => isTrue(holds(ad, undefined, weighingEnvironment(time, 0))));
}
