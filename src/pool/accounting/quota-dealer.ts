import type { Account } from './account.ts';
import { quotasOf } from './group-quotas.ts';
import type { Group, GroupTree } from './group-tree.ts';

/** The most submitters of a group that each get the pilot of a first job for which the quota has no room. */
const mostFirst = 10;

/** What a group without surplus has promised to waiting jobs. */
interface Dealt {
  cores: number;
  /** The names of accounts whose first job exceeds the quota. */
  readonly first: Set<string>;
}

/**
 * Divides what the quotas of groups without surplus leave among waiting jobs, one autocluster after the other.
 *
 * **Gotchas.** Where nobody uses anything, a first job is let through although the quota has no room for it, as in the
 * negotiator; and the first pilot of an empty pool must come from somewhere, since a share of nothing is nothing: an empty pool
 * counts as one core. Such a job may fit no pilot at all, so it takes nothing from the others.
 * @param total cores of all slots, used or not: shares are of that
 * @returns a function that says how many of `jobs` jobs with `cores` cores each may run in addition to those of earlier calls
 */
export function quotaDealer(
  tree: GroupTree,
  total: number,
): (account: Pick<Account, 'name' | 'group'>, cores: number, jobs: number) => number {
  const quotas = quotasOf(tree.root, total === 0 ? 1 : total);
  const dealt = new Map<Group, Dealt>();
  const dealtOf = (group: Group): Dealt => {
    const known = dealt.get(group) ?? { cores: 0, first: new Set<string>() };
    dealt.set(group, known);
    return known;
  };
  const quotaOf = (group: Group): number => quotas.get(group)?.most ?? 0;
  const room = (group: Group, cores: number): number =>
    Math.floor((quotaOf(group) - group.subtreeUse - dealtOf(group).cores) / cores + 1e-9);
  const mayBegin = (group: Group, name: string): boolean => {
    const { first } = dealtOf(group);
    return quotaOf(group) > 0 && group.subtreeUse === 0 && !first.has(name) && first.size < mostFirst;
  };
  return ({ name, group }, cores, jobs) => {
    const bounds = around(group).filter(({ surplus }) => !surplus);
    const lacking = bounds.filter((bound) => room(bound, cores) < 1);
    if (lacking.length > 0) {
      if (!lacking.every((bound) => mayBegin(bound, name))) return 0;
      for (const bound of lacking) dealtOf(bound).first.add(name);
      return Math.min(1, jobs);
    }
    const count = Math.min(jobs, ...bounds.map((bound) => room(bound, cores)));
    for (const bound of bounds) dealtOf(bound).cores += count * cores;
    return count;
  };
}

function around(group: Group): Group[] {
  const groups: Group[] = [];
  for (let each: Group | undefined = group; each !== undefined; each = each.parent) groups.push(each);
  return groups;
}
