import type { AnnouncedPilot, Bid, GroupBid } from '#backend/pool.ts';
import type { Clock } from '#base/clock.ts';
import { countPhases } from '#fleet/phase.ts';
import { readByPolicies } from '#pressure/policy-reads.ts';
import { templateOf } from '#pressure/template.ts';
import { milliseconds } from '#spec/fields.ts';
import { besides, type Informers } from '../cluster/informers.ts';
import { labelOf } from '../cluster/labels.ts';
import { parseGroup } from '../cluster/parsed-group.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import type { GroupMemories } from '../pilots/group-memory.ts';
import { observeGroup } from '../pilots/observe.ts';
import { pilotPodsOf } from '../pods/pilot-pods.ts';
import { podState } from '../pods/state.ts';
import type { DecisionBoard } from '../policy/decision-board.ts';

/** How long a pool may wait with its answer where no policy says less, in milliseconds. */
const longestWait = 30_000;

export interface OfferSources {
  readonly informers: Pick<Informers, 'groups' | 'policies' | 'pods'>;
  readonly memories: GroupMemories;
  readonly decisions: DecisionBoard;
  readonly demand: DemandBoard;
  readonly clock: Clock;
}

/** What this site offers the pool `NAMESPACE/NAME`: all groups that name it. */
export function offerTo(pool: string, sources: OfferSources): Omit<Bid, 'ask' | 'since'> {
  const { informers } = sources;
  const named = informers.groups.store.indexed('pool', pool);
  const groups = named.flatMap((group) => offerOf(group, sources));
  const wait = Math.min(longestWait, ...named.map((group) => intervalOf(group, informers)));
  const policies = new Set(named.map((group) => policyOf(group, informers)?.spec));
  const reads = readByPolicies([...policies].filter((spec) => spec !== undefined));
  return { groups, reads, waitSeconds: wait / 1000 };
}

function offerOf(group: GroupResource, sources: OfferSources): GroupBid[] {
  const { memories, decisions } = sources;
  const parsed = parseGroup(group);
  if (!parsed.ok) return [];
  const memory = memories.of(group);
  const pilots = observeGroup(group, { ...sources, memory });
  const decided = decisions.latest(group);
  return [
    {
      name: group.metadata.name,
      template: templateOf(parsed.spec, process.arch),
      wanted: decided?.wanted ?? 0,
      decision: decided?.reason ?? 'Nothing is decided yet',
      blocked: memory.blocked,
      limits: decided?.limits ?? [],
      phases: countPhases(pilots) as Record<string, number>,
    },
  ];
}

/** Every pilot made for the pool that may be alive, those of deleted groups too. */
export function pilotsToAnnounce(pool: string, sources: OfferSources): AnnouncedPilot[] {
  const { informers, memories, demand } = sources;
  const heard = demand.heard(pool);
  return pilotPodsOf(pool, informers).flatMap((pod): AnnouncedPilot[] => {
    const { uid, name, labels } = pod.metadata;
    const { state } = podState(pod).runtime;
    if (uid === undefined || state === 'Ended') return [];
    const group = labels?.[labelOf.group] ?? '';
    const owner = informers.groups.store.named(besides(pod, group));
    const hadIt = owner !== undefined && memories.of(owner).registeredAt.has(uid);
    // Before the pool has said who is registered, each that runs may be: the pool is to wait for it rather than not.
    const mayBe = heard.known ? heard.last.byUid.has(uid) : state === 'Running';
    return [{ uid, name, group, registered: hadIt || mayBe }];
  });
}

function policyOf(group: GroupResource, { policies }: OfferSources['informers']) {
  const { namespace, name } = { ...group.metadata, name: group.spec.pressurePolicyRef?.name ?? '' };
  return policies.store.get({ namespace, name });
}

function intervalOf(group: GroupResource, informers: OfferSources['informers']): number {
  const interval = policyOf(group, informers)?.spec.interval;
  return interval === undefined ? longestWait : milliseconds(interval);
}
