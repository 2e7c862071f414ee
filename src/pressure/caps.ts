import type { LimitThatBit } from './decision.ts';

/** Pilots to add to each group, and the limits that reduced their number. */
export interface Additions {
  readonly add: ReadonlyMap<string, number>;
  readonly limits: ReadonlyMap<string, readonly LimitThatBit[]>;
}

/** Reduces additions, and records by how much. */
export type Cap = (additions: Additions) => Additions;

/** The most pilots that one decision adds to a group, and the largest share of what is missing. */
export function rampCap(ramp: { readonly maxPerStep: number; readonly fraction?: number | undefined }): Cap {
  return (additions) =>
    lower(additions, (_, count) => {
      const share = ramp.fraction === undefined ? count : Math.max(1, Math.ceil(count * ramp.fraction));
      return share < ramp.maxPerStep
        ? { most: share, name: 'ramp.fraction', value: ramp.fraction ?? 1 }
        : { most: ramp.maxPerStep, name: 'ramp.maxPerStep', value: ramp.maxPerStep };
    });
}

/** The most pilots in all groups together. Groups of higher rank get theirs first; equal ones share what is left. */
export function totalCap(
  maxPilots: number | undefined,
  present: number,
  rankOf: (group: string) => number,
): Cap {
  return (additions) => {
    if (maxPilots === undefined) return additions;
    const share = shared(additions.add, Math.max(0, maxPilots - present), rankOf);
    return lower(additions, (group) => ({
      most: share.get(group) ?? 0,
      name: 'maxPilots',
      value: maxPilots,
    }));
  };
}

function lower(
  additions: Additions,
  limitOf: (group: string, count: number) => { most: number; name: string; value: number },
): Additions {
  const add = new Map<string, number>();
  const limits = new Map(additions.limits);
  for (const [group, count] of additions.add) {
    const { most, name, value } = limitOf(group, count);
    add.set(group, Math.min(count, most));
    if (count > most) limits.set(group, [...(limits.get(group) ?? []), { name, value, count: count - most }]);
  }
  return { add, limits };
}

function shared(
  wishes: ReadonlyMap<string, number>,
  headroom: number,
  rankOf: (group: string) => number,
): Map<string, number> {
  const share = new Map<string, number>();
  const byRank = Map.groupBy(wishes, ([group]) => rankOf(group));
  let left = headroom;
  for (const rank of [...byRank.keys()].sort((a, b) => b - a)) {
    // Small wishes come first. What they leave of an even share goes to larger ones, and the remainder to the largest.
    const equals = (byRank.get(rank) ?? []).sort(([, a], [, b]) => a - b);
    for (const [index, [group, wish]] of equals.entries()) {
      const given = Math.min(wish, Math.floor(left / (equals.length - index)));
      share.set(group, given);
      left -= given;
    }
  }
  return share;
}
