import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { Clock } from '#base/clock.ts';
import { isStarting } from '#fleet/phase.ts';
import type { Demand, GroupSupply } from '#pressure/demand.ts';
import { templateOf } from '#pressure/template.ts';
import type { Heard } from '../demand/heard.ts';
import type { GroupMemory } from '../group/group-memory.ts';
import { numberOf } from '../group/numbers.ts';
import { type GroupPilot, observe, type PodStore, podsOf } from '../group/observe.ts';
import type { GroupResource } from '../resources.ts';

/** A group at one moment: its pilots, and what it could still get. */
export interface GroupStanding {
  readonly pilots: readonly GroupPilot[];
  readonly supply: GroupSupply;
}

/** Counts a group's supply. Pilots that are being created and are not seen yet start as well. */
export function standingOfGroup(
  group: GroupResource,
  spec: GlideinGroupSpec,
  sources: {
    readonly pods: PodStore;
    readonly heard: Heard;
    readonly memory: GroupMemory;
    readonly clock: Clock;
  },
): GroupStanding {
  const { memory } = sources;
  const pilots = observe(podsOf(sources.pods, group, 'pilot'), sources.heard, memory, sources.clock);
  const seen = new Set(pilots.map(({ name }) => numberOf(group.metadata.name, name)));
  const unseen = [...memory.inWork].filter((number) => !seen.has(number)).length;
  const starting = pilots.filter(({ phase }) => isStarting(phase)).length + unseen;
  return {
    pilots,
    supply: {
      name: group.metadata.name,
      template: templateOf(spec.pilot),
      starting,
      suspended: spec.suspend,
      limits: spec.limits,
    },
  };
}

/** What the pool said, as pressure weighs it: pilots of other sites are free supply, and nobody's here. */
export function demandOf(heard: Heard, site: string): Demand {
  if (!heard.known) return { known: false, reason: heard.reason, forSeconds: heard.forSeconds };
  const pilots = heard.last.pilots.map((pilot) =>
    pilot.site === site ? pilot : { ...pilot, group: undefined },
  );
  return { known: true, waiting: heard.last.waiting, pilots };
}
