import type { Quota } from './group-quotas.ts';
import type { Group } from './group-tree.ts';

/** Who wants some of what is there to give. */
interface Claimant {
  readonly weight: number;
  readonly wanted: number;
}

/**
 * Gives each claimant what it wants if there is enough. Otherwise it is divided by weight, and nobody gets more than wanted; what
 * is left when all that have a weight are satisfied is divided equally among the others.
 * @returns what each gets, in the same order
 */
export function divide(amount: number, claimants: readonly Claimant[]): number[] {
  const given = claimants.map(() => 0);
  const open = new Set([...claimants.keys()].filter((index) => (claimants[index]?.wanted ?? 0) > 0));
  let left = amount;
  for (const weightOf of [({ weight }: Claimant) => weight, ({ weight }: Claimant) => (weight > 0 ? 0 : 1)])
    left = divideBy(weightOf, { left, claimants, open, given });
  return given;
}

interface Division {
  readonly left: number;
  readonly claimants: readonly Claimant[];
  readonly open: Set<number>;
  readonly given: number[];
}

/** @returns what is left */
function divideBy(
  weightOf: (claimant: Claimant) => number,
  { left, claimants, open, given }: Division,
): number {
  let rest = left;
  const at = (index: number) => claimants[index] as Claimant;
  for (;;) {
    const heavy = [...open].filter((index) => weightOf(at(index)) > 0);
    const weights = heavy.reduce((sum, index) => sum + weightOf(at(index)), 0);
    if (rest <= 0 || weights <= 0) return rest;
    const part = rest;
    const rationOf = (index: number) => part * (weightOf(at(index)) / weights);
    const satisfied = heavy.filter((index) => at(index).wanted <= rationOf(index));
    for (const index of satisfied) {
      given[index] = at(index).wanted;
      rest -= at(index).wanted;
      open.delete(index);
    }
    if (satisfied.length > 0) continue;
    for (const index of heavy) given[index] = rationOf(index);
    return 0;
  }
}

/** What a group gets of the pool. */
interface Allotment {
  /** Cores for its own submitters. */
  allocated: number;
  /** Cores that its own submitters want beyond that. */
  unmet: number;
  /** The same of it and of the groups within it that accept surplus. */
  wanted: number;
}

/** The parts of an allocation. */
interface Allocation {
  readonly quotas: ReadonlyMap<Group, Quota>;
  /** Cores that the submitters of a group use or wait for. */
  readonly requested: (group: Group) => number;
  readonly allotments: Map<Group, Allotment>;
}

/**
 * Allocates cores to groups as HTCondor's hierarchical group quotas do: each group gets what it requests, up to its quota. What it
 * leaves is surplus: it goes to its siblings and its parent that accept surplus and want more, by their quotas; what those
 * leave goes up the tree.
 * @returns the cores of each group's own submitters
 */
export function allocate(
  root: Group,
  quotas: ReadonlyMap<Group, Quota>,
  requested: (group: Group) => number,
): (group: Group) => number {
  const allocation: Allocation = { quotas, requested, allotments: new Map() };
  serve(root, allocation);
  return (group) => allocation.allotments.get(group)?.allocated ?? 0;
}

/** @returns the surplus that the group and those within it leave */
function serve(group: Group, allocation: Allocation): number {
  const quota = allocation.quotas.get(group)?.own ?? 0;
  const requested = allocation.requested(group);
  const allocated = Math.min(requested, quota);
  const allotment: Allotment = { allocated, unmet: requested - allocated, wanted: requested - allocated };
  allocation.allotments.set(group, allotment);
  let surplus = quota - allocated;
  for (const child of group.children) {
    surplus += serve(child, allocation);
    if (child.surplus) allotment.wanted += allocation.allotments.get(child)?.wanted ?? 0;
  }
  return distribute(group, surplus, allocation);
}

/** A group shares surplus with the groups within it on an equal footing. @returns what is left */
function distribute(group: Group, surplus: number, allocation: Allocation): number {
  const { quotas, allotments } = allocation;
  const own = allotments.get(group);
  if (own === undefined || surplus <= 0 || own.wanted <= 0) return Math.max(0, surplus);
  const children = group.children.filter((child) => child.surplus);
  const given = divide(surplus, [
    ...children.map((child) => ({
      weight: quotas.get(child)?.subtree ?? 0,
      wanted: allotments.get(child)?.wanted ?? 0,
    })),
    { weight: quotas.get(group)?.own ?? 0, wanted: own.unmet },
  ]);
  for (const [index, child] of children.entries()) distribute(child, given[index] ?? 0, allocation);
  const forItself = given.at(-1) ?? 0;
  own.allocated += forItself;
  own.unmet -= forItself;
  const all = given.reduce((sum, each) => sum + each, 0);
  own.wanted = Math.max(0, own.wanted - all);
  return Math.max(0, surplus - all);
}
