import type { Group } from './group-tree.ts';

/** What a group may use without asking whether others need it. */
export interface Quota {
  /** For its own submitters. */
  readonly own: number;
  /** For it and the groups within it. */
  readonly subtree: number;
}

/**
 * Divides `cores` among a group and the groups within it, as HTCondor does: first the quotas in cores, scaled down together if
 * they exceed what there is; then the shares, each of what those leave, scaled down together if they add up to more than 1. The
 * rest is for the group's own submitters.
 */
export function assignQuotas(
  group: Group,
  cores: number,
  quotas = new Map<Group, Quota>(),
): ReadonlyMap<Group, Quota> {
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
