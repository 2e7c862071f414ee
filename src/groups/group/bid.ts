import type { AnnouncedPilot, Bid } from '#backend/pool.ts';
import type { Clock } from '#base/clock.ts';
import { truncate } from '#base/truncate.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { type BiddingGroup, bidOf } from '#fleet/bid.ts';
import { milliseconds } from '#spec/fields.ts';
import { type Informers, inNamespaceOf } from '../cluster/informers.ts';
import { labelOf } from '../cluster/names.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import { parseGroup, readPolicy } from '../cluster/stored-spec.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import type { GroupMemories } from '../pilots/group-memory.ts';
import { groupsByUid, type SuppliedGroup, supplyOfGroup } from '../pilots/supply.ts';
import { pilotPodsOf } from '../pods/pilot-pods.ts';
import { podState } from '../pods/state.ts';
import type { DecisionBoard } from '../policy/decision-board.ts';

/** How long a pool may delay its answer if no policy asks for less, in milliseconds. */
const longestWait = 30_000;

export interface BidSources {
  readonly informers: Pick<Informers, 'groups' | 'policies' | 'pods'>;
  readonly memories: GroupMemories;
  readonly decisions: DecisionBoard;
  readonly demandBoard: Pick<DemandBoard, 'latest'>;
  readonly clock: Clock;
  readonly settings: Pick<SiteSettings, 'site'>;
}

/** What this site tells the pool `NAMESPACE/NAME` about all groups that name it. */
export function bidTo(pool: string, sources: BidSources): Omit<Bid, 'ask' | 'since'> {
  const { informers, demandBoard, settings } = sources;
  const named = informers.groups.store.indexed('pool', pool);
  const groups = named.flatMap((group) => biddingOf(group, sources));
  const wait = Math.min(longestWait, ...named.map((group) => intervalOf(group, informers)));
  const view = { demand: demandBoard.latest(pool), site: settings.site, own: groupsByUid(groups, pool) };
  const bid = bidOf(groups, view);
  return { ...bid, groups: [...bid.groups, ...named.flatMap(unusable)], waitSeconds: wait / 1000 };
}

/** A group that cannot be used is told too: otherwise users would read that nobody feeds their pool. */
function unusable(group: GroupResource): Bid['groups'] {
  const parsed = parseGroup(group);
  if (parsed.ok) return [];
  const blocked = told(`The specification is invalid: ${parsed.problem}`);
  return [
    {
      name: group.metadata.name,
      template: new ClassAd(),
      wanted: 0,
      decision: 'Nothing is decided for it',
      blocked,
      limits: [],
      phases: {},
      headroom: 0,
    },
  ];
}

/** What the kubelet or a webhook says may be longer than a pool accepts, and one long sentence must not cost the whole bid. */
const told = (sentence: string): string => truncate(sentence, 1024);

/** What keeps pilots of a group from coming, as the pool's users read it. */
function blockedOf({ metadata }: GroupResource, blocked: string | undefined): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return 'The group is being deleted';
  return blocked === undefined ? undefined : told(blocked);
}

function biddingOf(
  group: GroupResource,
  sources: BidSources,
): (BiddingGroup & SuppliedGroup & { readonly group: GroupResource })[] {
  const { informers, memories, decisions } = sources;
  const parsed = parseGroup(group);
  if (!parsed.ok) return [];
  const { history, expectations, blocked } = memories.of(group);
  const { supply, pilots } = supplyOfGroup(group, parsed.spec, expectations, { ...sources, history });
  const policy = policyOf(group, informers);
  const read = policy && readPolicy(policy);
  const named = policy && read?.ok === true ? { name: policy.metadata.name, spec: read.spec } : undefined;
  return [
    {
      group,
      supply,
      pilots,
      policy: named,
      decided: decisions.latest(group),
      blocked: blockedOf(group, blocked),
    },
  ];
}

/** Every pilot made for the pool that may be alive, including those of deleted groups. */
export function announcedTo(
  pool: string,
  sources: Omit<BidSources, 'decisions' | 'clock'>,
): AnnouncedPilot[] {
  const { informers, memories, demandBoard } = sources;
  const demand = demandBoard.latest(pool);
  return pilotPodsOf(pool, informers).flatMap((pod): AnnouncedPilot[] => {
    const { uid, name, labels } = pod.metadata;
    const { state } = podState(pod).runtime;
    if (uid === undefined || state === 'Ended') return [];
    const group = labels?.[labelOf.group] ?? '';
    const owner = informers.groups.store.named(inNamespaceOf(pod, group));
    const hadIt = owner !== undefined && memories.of(owner).history.registeredAt(uid) !== undefined;
    // Until the pool has said who is registered, each running pilot may be, and the pool had better wait for it.
    const mayBe = demand.known ? demand.last.byUid.has(uid) : state === 'Running';
    return [{ uid, name, group, registered: hadIt || mayBe }];
  });
}

function policyOf(group: GroupResource, { policies }: BidSources['informers']) {
  const { namespace, name } = { ...group.metadata, name: group.spec.pressurePolicyRef?.name ?? '' };
  return policies.store.get({ namespace, name });
}

function intervalOf(group: GroupResource, informers: BidSources['informers']): number {
  const interval = policyOf(group, informers)?.spec.interval;
  return interval === undefined ? longestWait : milliseconds(interval);
}
