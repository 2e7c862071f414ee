import type { ClassAd } from '#classad/class-ad.ts';
import { policyProblem } from '#pressure/check-policy.ts';
import type { GroupDecision } from '#pressure/decision.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import { type Offer, offersOf } from '#pressure/offers.ts';
import { jobsThatCount, readByPolicies } from '#pressure/policy-reads.ts';
import { imageAttributes } from '#pressure/wanted-images.ts';
import type { NamedPolicy, PoolView } from './decide.ts';
import { pilotsSaid } from './demand.ts';
import { countPhases, longestStarting, type ObservedPilot } from './phase.ts';

/** A group that feeds a pool, as its site knows it. */
export interface BiddingGroup {
  readonly supply: GroupSupply;
  /** Undefined for a group of a fixed size. */
  readonly policy: NamedPolicy | undefined;
  readonly pilots: readonly Pick<ObservedPilot, 'runtime' | 'registered' | 'forMilliseconds'>[];
  /** The last decision; undefined before the first. */
  readonly decided: Pick<GroupDecision, 'wanted' | 'reason' | 'limits'> | undefined;
  /** What keeps its pilots from coming whatever is decided, in a sentence. */
  readonly blocked: string | undefined;
}

interface GroupBid extends Offer {
  readonly starting: number;
  readonly name: string;
  readonly template: ClassAd;
  readonly wanted: number;
  readonly decision: string;
  readonly blocked: string | undefined;
  readonly limits: GroupDecision['limits'];
  readonly phases: Readonly<Record<string, number>>;
  readonly startingSeconds?: number;
  readonly jobs?: string;
  readonly policy: string | undefined;
}

/** What a site tells a pool about its groups. */
export interface GroupsBid {
  readonly groups: readonly GroupBid[];
  readonly reads: readonly string[];
}

/** Says of each group what it is, what it could bring and what was decided. A policy that cannot decide offers nothing. */
export function bidOf(groups: readonly BiddingGroup[], { demand, site, own }: PoolView): GroupsBid {
  const pilots = pilotsSaid(demand, site, own);
  const byPolicy = Map.groupBy(groups, ({ policy }) => policy?.name);
  const policies = [...byPolicy.values()].flatMap(([first]) => first?.policy ?? []);
  const offers = new Map<string, Offer>();
  for (const members of byPolicy.values()) {
    const spec = members[0]?.policy?.spec;
    if (spec === undefined || policyProblem(spec) !== undefined) continue;
    const supplies = members.map(({ supply }) => supply);
    for (const [name, offer] of offersOf(supplies, pilots, spec)) offers.set(name, offer);
  }
  return {
    groups: groups.map((group) => groupBidOf(group, offers.get(group.supply.name) ?? nothing)),
    reads: [...readByPolicies(policies.map(({ spec }) => spec)), ...readForImages(groups)],
  };
}

/** Only pilots that start for waiting jobs prepare the images of these, and only some groups want that. */
const readForImages = (groups: readonly BiddingGroup[]): readonly string[] =>
  groups.some(({ supply, policy }) => policy !== undefined && (supply.prepares ?? 0) > 0)
    ? imageAttributes
    : [];

const nothing: Offer = { headroom: 0, rank: 0 };

const undecided = { wanted: 0, reason: 'Nothing has been decided yet', limits: [] };

function groupBidOf(
  { supply, policy, decided = undecided, blocked, pilots }: BiddingGroup,
  offer: Offer,
): GroupBid {
  const { wanted, reason, limits } = decided;
  return {
    name: supply.name,
    template: supply.template,
    wanted,
    decision: reason,
    blocked,
    limits,
    phases: countPhases(pilots) as Record<string, number>,
    ...longestStarting(pilots),
    ...jobsThatCount(policy?.spec),
    policy: policy?.name,
    starting: supply.starting,
    ...offer,
  };
}
