import type { Group } from './group-tree.ts';

/** What a group may use without asking whether others need it. */
export interface Quota {
  /** For its own submitters. */
  readonly own: number;
  /** For it and the groups within it. */
  readonly subtree: number;
  /**
   * The most that it and the groups within it may use if it accepts no surplus: its quota in a pool that is large enough for all
   * fixed quotas.
   */
  readonly most: number;
}

/**
 * The quotas of all groups in a pool with so many cores. In a pool that is too small for its fixed quotas these are scaled down,
 * as in HTCondor, but what one group leaves may still go to another up to its whole quota: a pool that grows with its jobs is
 * small while few wait.
 */
export function quotasOf(root: Group, cores: number): ReadonlyMap<Group, Quota> {
  const fixed = sum(root.children, ({ cores: quota = 0 }) => quota);
  const whole = cores < fixed ? assignQuotas(root, fixed) : undefined;
  const quotas = assignQuotas(root, cores);
  return new Map(
    [...quotas].map(([group, parts]) => {
      const most = group.cores ?? whole?.get(group)?.subtree ?? parts.subtree;
      return [group, { ...parts, most: Math.max(most, parts.subtree) }];
    }),
  );
}

type Parts = Omit<Quota, 'most'>;

/**
 * Divides `cores` among a group and the groups within it, as HTCondor does: first the quotas in cores, scaled down together if
 * they exceed what there is; then the shares, each of what those leave, scaled down together if they add up to more than 1. The
 * rest is for the group's own submitters.
 */
export function assignQuotas(
  group: Group,
  cores: number,
  quotas = new Map<Group, Parts>(),
): ReadonlyMap<Group, Parts> {
  const fixed = sum(group.children, ({ cores: quota = 0 }) => quota);
  const shares = sum(group.children, ({ share = 0 }) => share);
  const forFixed = Math.min(fixed, cores);
  const scale = fixed > 0 ? forFixed / fixed : 0;
  let given = 0;
  for (const child of group.children) {
    const quota =
      child.cores === undefined
        ? ((child.share ?? 0) * (cores - forFixed)) / Math.max(1, shares)
        : child.cores * scale;
    assignQuotas(child, quota, quotas);
    given += quota;
  }
  quotas.set(group, { own: Math.max(0, cores - given), subtree: cores });
  return quotas;
}

const sum = <Thing>(things: readonly Thing[], of: (thing: Thing) => number): number =>
  things.reduce((total, thing) => total + of(thing), 0);
