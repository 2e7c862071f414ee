import { type Quota, quotasOf } from './group-quotas.ts';
import type { Group, GroupTree } from './group-tree.ts';
import { allocate } from './surplus.ts';

/** How many cores the groups may use now. */
export interface GroupLimits {
  /** How many cores the submitters of a group may use together. */
  of(group: Group): number;
  /** How many of those, and of what the groups around it may use, are left at this moment. */
  left(group: Group): number;
  /** The groups in the order in which they are served. */
  inOrder(groups: Iterable<Group>): Group[];
}

const unlimited: GroupLimits = {
  of: () => Number.POSITIVE_INFINITY,
  left: () => Number.POSITIVE_INFINITY,
  inOrder: (groups) => [...groups],
};

/**
 * The limits of the groups, as HTCondor sets them: a group may use its quota, or what it is allocated if that is more; a group
 * that accepts no surplus bounds all groups within it to its quota together.
 * @param requested cores that the submitters of a group use or wait for
 * @param total cores of all slots
 */
export function groupLimits(
  tree: GroupTree,
  requested: (group: Group) => number,
  total: number,
): GroupLimits {
  if (!tree.hasGroups) return unlimited;
  const quotas = quotasOf(tree.root, total);
  const allocated = allocate(tree.root, quotas, requested);
  const ownLimit = (group: Group) => Math.max(allocated(group), quotas.get(group)?.own ?? 0);
  const left = (group: Group): number => {
    let least = ownLimit(group) - group.use;
    for (let around: Group | undefined = group; around !== undefined; around = around.parent)
      if (!around.surplus) least = Math.min(least, (quotas.get(around)?.most ?? 0) - around.subtreeUse);
    return Math.max(0, least);
  };
  return {
    of: (group) => group.use + left(group),
    left,
    inOrder: (groups) =>
      [...groups]
        .map((group) => ({ group, key: starvation(group, quotas) }))
        .sort((a, b) => a.key - b.key)
        .map(({ group }) => group),
  };
}

/** HTCondor's GROUP_SORT_EXPR: the part of its quota that a group uses; groups without a quota come late, and no group last. */
function starvation(group: Group, quotas: ReadonlyMap<Group, Quota>): number {
  if (group.parent === undefined) return Number.POSITIVE_INFINITY;
  const quota = quotas.get(group)?.own ?? 0;
  return quota > 0 ? group.use / quota : Number.MAX_VALUE;
}
