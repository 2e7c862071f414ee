import type { Account } from './account.ts';
import { type GroupLimits, groupLimits } from './group-limits.ts';
import type { Group, GroupTree } from './group-tree.ts';
import type { Turn } from './turn.ts';

/** A submitter whose jobs wait. */
export interface Waiting {
  readonly submitter: string;
  /** Cores for which it waits. */
  readonly cores: number;
}

/** An account with waiting jobs, under one name or several: names of groups that do not exist are one account with no group. */
interface Entry {
  readonly account: Account;
  readonly submitters: string[];
  cores: number;
  /** Effective user priority. */
  priority: number;
}

interface SpinOptions {
  readonly tree: GroupTree;
  /** Cores of all slots, used or not. */
  readonly total: number;
  readonly accountOf: (submitter: string) => Account;
  /** The effective user priority; the lower, the better. */
  readonly priorityOf: (account: Account) => number;
}

/**
 * One spin of HTCondor's pie: the turns of all submitters with waiting jobs, in the order in which they are served. A group is
 * served the earlier, the smaller the part of its quota is that it uses, and no group comes last. Within it each submitter gets a
 * slice of what the group may use, in inverse proportion to its effective priority, less what it uses already.
 */
export function spin(waiting: readonly Waiting[], options: SpinOptions): Turn[] {
  const { tree, total } = options;
  const byGroup = entriesByGroup(waiting, options);
  const requested = (group: Group): number =>
    (byGroup.get(group) ?? []).reduce((sum, { cores }) => sum + cores, group.use);
  const limits = groupLimits(tree, requested, total);
  return limits
    .inOrder(byGroup.keys())
    .flatMap((group) => turnsIn(group, byGroup.get(group) ?? [], { limits, total: pieFor(tree, total) }));
}

/**
 * What pilots that the pool has lost still run is in use without being part of any slot. While one core is free, the pie is larger
 * than what is in use, so that somebody gets it.
 */
const pieFor = ({ root }: GroupTree, total: number): number => Math.max(total, root.subtreeUse + 1);

function entriesByGroup(
  waiting: readonly Waiting[],
  { accountOf, priorityOf }: SpinOptions,
): ReadonlyMap<Group, readonly Entry[]> {
  const byAccount = new Map<Account, Entry>();
  const byGroup = new Map<Group, Entry[]>();
  for (const { submitter, cores } of waiting) {
    const account = accountOf(submitter);
    const known = byAccount.get(account);
    if (known !== undefined) {
      known.submitters.push(submitter);
      known.cores += cores;
      continue;
    }
    const entry = { account, submitters: [submitter], cores, priority: priorityOf(account) };
    byAccount.set(account, entry);
    const others = byGroup.get(account.group);
    if (others === undefined) byGroup.set(account.group, [entry]);
    else others.push(entry);
  }
  return byGroup;
}

function turnsIn(
  group: Group,
  entries: readonly Entry[],
  { limits, total }: { limits: GroupLimits; total: number },
): Turn[] {
  const most = limits.of(group);
  const pie = Math.min(total, most);
  const weights = entries.reduce((sum, { priority }) => sum + 1 / priority, 0);
  const left = () => limits.left(group);
  return entries
    .map((entry) => {
      const slice = pie / (entry.priority * weights) - entry.account.use;
      return { entry, limit: Math.max(0, Math.min(slice, most - group.use)) };
    })
    .sort(byPriority)
    .flatMap(({ entry, limit }) => turnsOf(entry, limit, left));
}

interface Slice {
  readonly entry: Entry;
  readonly limit: number;
}

/** Equal priorities: first who has the smaller part of its slice, then who has waited longer since it last used anything. */
function byPriority(a: Slice, b: Slice): number {
  return (
    a.entry.priority - b.entry.priority ||
    starvation(a) - starvation(b) ||
    (a.entry.account.lastUsed ?? Number.NEGATIVE_INFINITY) -
      (b.entry.account.lastUsed ?? Number.NEGATIVE_INFINITY) ||
    (a.entry.account.name < b.entry.account.name ? -1 : 1)
  );
}

const starvation = ({ entry: { account }, limit }: Slice): number =>
  account.use === 0 ? 0 : account.use / (account.use + limit);

function turnsOf({ account, submitters }: Entry, limit: number, left: () => number): Turn[] {
  const [submitter] = submitters;
  if (submitter !== undefined && submitters.length === 1) return [{ submitter, limit, left }];
  const before = account.use;
  const leftOfBoth = () => {
    const got = account.use - before;
    return got === 0 ? left() : Math.max(0, Math.min(left(), limit - got));
  };
  return submitters.map((each) => ({ submitter: each, limit, left: leftOfBoth }));
}
