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

/** What a group gets of the pool. Amounts are cores. */
interface Allotment {
  readonly group: Group;
  readonly quota: Quota;
  readonly children: readonly Allotment[];
  /** For its own submitters. */
  allocated: number;
  /** What its own submitters want beyond that. */
  unmet: number;
  /** The same of it and of the groups within it, as far as they accept surplus. */
  wanted: number;
  /** How much surplus of others it accepts. */
  accepts: number;
}

/**
 * Allocates cores to groups as HTCondor's hierarchical group quotas do: each group gets what it requests, up to its quota. What it
 * leaves is surplus: it goes to its siblings and its parent that accept surplus and want more, by their quotas; what those
 * leave goes up the tree. A group without surplus only accepts what its quota lacks because the pool is too small.
 * @param requested cores that the submitters of a group use or wait for
 * @returns the cores of each group's own submitters
 */
export function allocate(
  root: Group,
  quotas: ReadonlyMap<Group, Quota>,
  requested: (group: Group) => number,
): (group: Group) => number {
  const allocated = new Map<Group, number>();
  const note = (allotment: Allotment): void => {
    allocated.set(allotment.group, allotment.allocated);
    for (const child of allotment.children) note(child);
  };
  note(serve(root, quotas, requested).allotment);
  return (group) => allocated.get(group) ?? 0;
}

const nothing: Quota = { own: 0, subtree: 0, most: 0 };

/** Serves a group and those within it. @returns also the surplus that they leave */
function serve(
  group: Group,
  quotas: ReadonlyMap<Group, Quota>,
  requested: (group: Group) => number,
): { readonly allotment: Allotment; readonly surplus: number } {
  const within = group.children.map((child) => serve(child, quotas, requested));
  const children = within.map(({ allotment }) => allotment);
  const quota = quotas.get(group) ?? nothing;
  const allocated = Math.min(requested(group), quota.own);
  const unmet = requested(group) - allocated;
  const allotment: Allotment = {
    group,
    quota,
    children,
    allocated,
    unmet,
    wanted: children.reduce((sum, child) => sum + accepted(child), unmet),
    accepts: group.surplus ? Number.POSITIVE_INFINITY : quota.most - quota.subtree,
  };
  const left = within.reduce((sum, { surplus }) => sum + surplus, quota.own - allocated);
  return { allotment, surplus: distribute(allotment, left) };
}

/** How much surplus a group takes. */
const accepted = ({ wanted, accepts }: Allotment): number => Math.min(wanted, accepts);

/** A group shares surplus with the groups within it on an equal footing. @returns what is left */
function distribute(allotment: Allotment, surplus: number): number {
  if (surplus <= 0 || allotment.wanted <= 0) return Math.max(0, surplus);
  const { children, quota, unmet } = allotment;
  const given = divide(surplus, [
    ...children.map((child) => ({ weight: child.quota.subtree, wanted: accepted(child) })),
    { weight: quota.own, wanted: unmet },
  ]);
  for (const [index, child] of children.entries()) {
    const cores = given[index] ?? 0;
    child.accepts -= cores;
    distribute(child, cores);
  }
  const forItself = given.at(-1) ?? 0;
  allotment.allocated += forItself;
  allotment.unmet -= forItself;
  const all = given.reduce((sum, each) => sum + each, 0);
  allotment.wanted = Math.max(0, allotment.wanted - all);
  return Math.max(0, surplus - all);
}
