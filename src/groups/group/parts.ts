import { Deaths } from '#backend/deaths.ts';
import { DemandBoard } from '../demand/demand-board.ts';
import { Endings } from '../demand/pod-deaths.ts';
import type { PoolDoor } from '../demand/pool-door.ts';
import type { Dependencies } from '../dependencies.ts';
import { GroupMemories } from '../pilots/group-memory.ts';
import { DecisionBoard } from '../policy/decision-board.ts';
import { StatusPace } from '../status/write-pace.ts';
import { type GroupMetrics, groupMetrics } from './metrics.ts';

/** What the controllers of groups are made from: the common dependencies, of pools only their doors. */
export type GroupDependencies = Omit<Dependencies, 'poolAccess'> & { readonly poolAccess: PoolDoor };

/** What listeners, policies and groups share: boards in memory, and ways to wake each other. */
export interface GroupParts extends Omit<GroupDependencies, 'poolAccess'> {
  readonly door: PoolDoor;
  readonly demand: DemandBoard;
  readonly deaths: Deaths;
  readonly endings: Endings;
  readonly decisions: DecisionBoard;
  readonly memories: GroupMemories;
  readonly groupMetrics: GroupMetrics;
  readonly pace: StatusPace;
  queueGroup(name: string): void;
  queuePolicy(name: string): void;
  onGroupWanted(handler: (name: string) => void): void;
  onPolicyWanted(handler: (name: string) => void): void;
}

export function groupParts(dependencies: GroupDependencies): GroupParts {
  const { poolAccess, ...common } = dependencies;
  const groups = new Set<(name: string) => void>();
  const policies = new Set<(name: string) => void>();
  const deaths = new Deaths();
  return {
    ...common,
    door: poolAccess,
    demand: new DemandBoard(common.clock),
    deaths,
    endings: new Endings(common.informers, deaths),
    decisions: new DecisionBoard(),
    memories: new GroupMemories(),
    groupMetrics: groupMetrics(common.registry),
    pace: new StatusPace(common.clock),
    queueGroup(name) {
      for (const handler of groups) handler(name);
    },
    queuePolicy(name) {
      for (const handler of policies) handler(name);
    },
    onGroupWanted: (handler) => void groups.add(handler),
    onPolicyWanted: (handler) => void policies.add(handler),
  };
}
