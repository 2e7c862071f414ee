import type { Account } from './account.ts';
import { groupLimits } from './group-limits.ts';
import type { Group, GroupTree } from './group-tree.ts';
import type { Turn } from './turn.ts';

/** A submitter whose jobs wait. */
export interface Waiting {
  readonly submitter: string;
  /** Cores for which it waits. Asked for only where there are groups: to count them may take long. */
  readonly cores: number;
}

/** An account with waiting jobs, under one name or several: names of groups that do not exist are one account with no group. */
interface Entry {
  readonly account: Account;
  readonly waiting: Waiting[];
  /** Effective user priority. */
  readonly priority: number;
  /** Cores that it may get in this spin. */
  limit: number;
}

interface SpinOptions {
  readonly tree: GroupTree;
  /** Cores of all slots, used or not. */
  readonly total: number;
  readonly accountOf: (submitter: string) => Account;
  /** The effective user priority; the lower, the better. */
  readonly priorityOf: (account: Account) => number;
}

/** Limits that are not larger, in cores, count as none. */
const mostCrumb = 0.01;

/**
 * One spin of HTCondor's pie: the turns of all submitters with waiting jobs, in the order in which they are served. A group is
 * served the earlier, the smaller the part of its quota is that it uses, and no group comes last. Within it each submitter gets a
 * slice of what the group may use, in inverse proportion to its effective priority, less what it uses already.
 */
export function spin(waiting: readonly Waiting[], options: SpinOptions): Turn[] {
  const { tree, total } = options;
  const byGroup = entriesByGroup(waiting, options);
  const requested = (group: Group): number =>
    (byGroup.get(group) ?? [])
      .flatMap((entry) => entry.waiting)
      .reduce((sum, { cores }) => sum + cores, group.use);
  const limits = groupLimits(tree, requested, total);
  const turns: Turn[] = [];
  for (const group of limits.inOrder(byGroup.keys())) {
    const entries = byGroup.get(group) ?? [];
    setLimits(group, entries, { most: limits.of(group), total: pieFor(tree, total) });
    const left = () => limits.left(group);
    for (const entry of entries.sort(byPriority)) addTurns(entry, left, turns);
  }
  return turns;
}

/**
 * What pilots that the pool has lost still run is in use without being part of any slot. While one core is free, the pie is larger
 * than what is in use, so that somebody gets it.
 */
const pieFor = ({ root }: GroupTree, total: number): number => Math.max(total, root.subtreeUse + 1);

function entriesByGroup(
  waiting: readonly Waiting[],
  { accountOf, priorityOf }: SpinOptions,
): ReadonlyMap<Group, Entry[]> {
  const byAccount = new Map<Account, Entry>();
  const byGroup = new Map<Group, Entry[]>();
  for (const each of waiting) {
    const account = accountOf(each.submitter);
    const known = byAccount.get(account);
    if (known !== undefined) {
      known.waiting.push(each);
      continue;
    }
    const entry = { account, waiting: [each], priority: priorityOf(account), limit: 0 };
    byAccount.set(account, entry);
    const others = byGroup.get(account.group);
    if (others === undefined) byGroup.set(account.group, [entry]);
    else others.push(entry);
  }
  return byGroup;
}

/** Cuts the pie: what the group may use, which is no more than there is. */
function setLimits(
  group: Group,
  entries: readonly Entry[],
  { most, total }: { readonly most: number; readonly total: number },
): void {
  const pie = Math.min(total, most);
  // As limits are rounded up, a crumb that decay has left would be worth a whole job. Of what is free, somebody always has more.
  const least = Math.min(mostCrumb, 0.5 / entries.length);
  let weights = 0;
  for (const { priority } of entries) weights += 1 / priority;
  for (const entry of entries) {
    const slice = pie / (entry.priority * weights) - entry.account.use;
    const limit = Math.min(slice, most - group.use);
    entry.limit = limit > least ? limit : 0;
  }
}

/** Equal priorities: first who has the smaller part of its slice, then who has waited longer since it last used anything. */
function byPriority(a: Entry, b: Entry): number {
  return (
    a.priority - b.priority ||
    starvation(a) - starvation(b) ||
    (a.account.lastUsed ?? Number.NEGATIVE_INFINITY) - (b.account.lastUsed ?? Number.NEGATIVE_INFINITY) ||
    (a.account.name < b.account.name ? -1 : 1)
  );
}

const starvation = ({ account: { use }, limit }: Entry): number => (use === 0 ? 0 : use / (use + limit));

function addTurns({ account, waiting, limit }: Entry, left: () => number, turns: Turn[]): void {
  const before = account.use;
  const leftOfAll = () => {
    const got = account.use - before;
    return got === 0 ? left() : Math.max(0, Math.min(left(), limit - got));
  };
  const leftOfEach = waiting.length === 1 ? left : leftOfAll;
  for (const { submitter } of waiting) turns.push({ submitter, limit, left: leftOfEach });
}
