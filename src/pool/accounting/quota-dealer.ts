import { quotasOf } from './group-quotas.ts';
import type { Group, GroupTree } from './group-tree.ts';

/**
 * Divides what the quotas of groups without surplus leave among waiting jobs, one autocluster after the other.
 * @param total cores of all slots, used or not: shares are of that
 * @returns a function that says how many of `jobs` jobs with `cores` cores each may run in addition to those of earlier calls
 */
export function quotaDealer(
  tree: GroupTree,
  total: number,
): (group: Group, cores: number, jobs: number) => number {
  const quotas = quotasOf(tree.root, total);
  const dealt = new Map<Group, number>();
  return (group, cores, jobs) => {
    const bounds = around(group).filter(({ surplus }) => !surplus);
    let count = jobs;
    for (const bound of bounds) {
      const used = bound.subtreeUse + (dealt.get(bound) ?? 0);
      count = Math.min(count, fitting(quotas.get(bound)?.most ?? 0, used, cores));
    }
    count = Math.max(0, count);
    for (const bound of bounds) dealt.set(bound, (dealt.get(bound) ?? 0) + count * cores);
    return count;
  };
}

/**
 * Who uses nothing may have one job, however small the quota is, as in HTCondor; and the first pilot of an empty pool must come
 * from somewhere, since a share of nothing is nothing.
 */
function fitting(quota: number, used: number, cores: number): number {
  if (cores <= 0) return Number.POSITIVE_INFINITY;
  const whole = Math.floor((quota - used) / cores + 1e-9);
  return used === 0 ? Math.max(1, whole) : whole;
}

function around(group: Group): Group[] {
  const groups: Group[] = [];
  for (let each: Group | undefined = group; each !== undefined; each = each.parent) groups.push(each);
  return groups;
}
