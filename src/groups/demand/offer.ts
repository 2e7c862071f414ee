import type { Offer, OfferedGroup, OfferedPilot } from '#backend/pool.ts';
import type { Clock } from '#base/clock.ts';
import { countPhases } from '#fleet/phase.ts';
import { templateOf } from '#pressure/template.ts';
import { milliseconds } from '#spec/fields.ts';
import type { GroupMemories } from '../group/group-memory.ts';
import { observe, podsOf } from '../group/observe.ts';
import { parseGroup } from '../group/parsed-group.ts';
import type { Informers } from '../informers.ts';
import type { DecisionBoard } from '../policy/decision-board.ts';
import type { GroupResource } from '../resources.ts';
import type { DemandBoard } from './demand-board.ts';

/** How long a pool may wait with its answer where no policy says less, in milliseconds. */
const longestWait = 30_000;

export interface OfferSources {
  readonly informers: Pick<Informers, 'groups' | 'policies' | 'pods'>;
  readonly memories: GroupMemories;
  readonly decisions: DecisionBoard;
  readonly demand: DemandBoard;
  readonly clock: Clock;
}

/** What this site tells the pool `NAMESPACE/NAME`: all groups that name it, and every pilot that may be alive. */
export function offerTo(pool: string, sources: OfferSources): Offer {
  const { informers } = sources;
  const groups: OfferedGroup[] = [];
  const pilots: OfferedPilot[] = [];
  let wait = longestWait;
  for (const group of informers.groups.store.indexed('pool', pool)) {
    const offered = offerOf(group, pool, sources);
    if (offered === undefined) continue;
    groups.push(offered.group);
    pilots.push(...offered.pilots);
    wait = Math.min(wait, intervalOf(group, informers));
  }
  return { groups, pilots, waitSeconds: wait / 1000 };
}

function offerOf(group: GroupResource, pool: string, sources: OfferSources) {
  const { informers, memories, decisions, demand, clock } = sources;
  const parsed = parseGroup(group);
  if (!parsed.ok) return undefined;
  const { name } = group.metadata;
  const pods = podsOf(informers.pods.store, group, 'pilot');
  const pilots = observe(pods, demand.heard(pool), memories.of(group), clock);
  const decided = decisions.latest(group);
  const living = pilots.filter(({ carrier }) => carrier.state !== 'Ended');
  return {
    group: {
      name,
      template: templateOf(parsed.spec.pilot),
      wanted: decided?.wanted ?? 0,
      decision: decided?.reason ?? 'Nothing is decided yet',
      blocked: memories.of(group).blocked,
      limits: decided?.limits ?? [],
      phases: countPhases(pilots) as Record<string, number>,
    },
    pilots: living.map((pilot) => ({
      uid: pilot.uid,
      name: pilot.name,
      group: name,
      registered: pilot.everRegistered,
    })),
  };
}

function intervalOf(group: GroupResource, { policies }: OfferSources['informers']): number {
  const { namespace, name } = { ...group.metadata, name: group.spec.pressurePolicyRef?.name ?? '' };
  const interval = policies.store.get({ namespace, name })?.spec.interval;
  return interval === undefined ? longestWait : milliseconds(interval);
}
