import { defaultFactor } from './account.ts';
import { quotasOf } from './group-quotas.ts';
import type { GroupTree } from './group-tree.ts';

/** How an accounting group stands. Amounts are cores. */
export interface GroupStanding {
  readonly name: string;
  /** What it and the groups within it may use while others need theirs. */
  readonly quota: number;
  /** The quota as it was specified. */
  readonly cores?: number;
  readonly share?: number;
  readonly surplus: boolean;
  readonly factor: number;
  /** In use by it and by the groups within it. */
  readonly used: number;
}

/** All groups, each after its enclosing group. @param total cores of all slots */
export function groupStandings({ root, all }: GroupTree, total: number): GroupStanding[] {
  const quotas = quotasOf(root, total);
  return all
    .filter((group) => group !== root)
    .map((group) => ({
      name: group.name,
      quota: quotas.get(group)?.subtree ?? 0,
      ...(group.cores === undefined ? {} : { cores: group.cores }),
      ...(group.share === undefined ? {} : { share: group.share }),
      surplus: group.surplus,
      factor: group.priorityFactor ?? defaultFactor,
      used: group.subtreeUse,
    }));
}
