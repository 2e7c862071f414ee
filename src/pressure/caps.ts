import type { LimitThatBit } from './decision.ts';

/** Pilots to add to each group, and the limits that made that fewer. */
export interface Additions {
  readonly add: ReadonlyMap<string, number>;
  readonly limits: ReadonlyMap<string, readonly LimitThatBit[]>;
}

/** Something that makes additions smaller and says by how much. */
export type Cap = (additions: Additions) => Additions;

/** At most so many pilots a group and decision, and at most that share of what is missing. */
export function rampCap(ramp: { readonly maxPerStep: number; readonly fraction?: number | undefined }): Cap {
  return (additions) =>
    lower(additions, (_, count) => {
      const share = ramp.fraction === undefined ? count : Math.max(1, Math.ceil(count * ramp.fraction));
      return share < ramp.maxPerStep
        ? { most: share, name: 'ramp.fraction', value: ramp.fraction ?? 1 }
        : { most: ramp.maxPerStep, name: 'ramp.maxPerStep', value: ramp.maxPerStep };
    });
}

/** At most so many pilots over all groups; what is left goes round the groups one by one. */
export function totalCap(maxPilots: number | undefined, present: number): Cap {
  return (additions) => {
    if (maxPilots === undefined) return additions;
    const share = roundRobin(additions.add, Math.max(0, maxPilots - present));
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

function roundRobin(wishes: ReadonlyMap<string, number>, room: number): Map<string, number> {
  const share = new Map<string, number>();
  let left = room;
  for (let round = 0; left > 0; round += 1) {
    const open = [...wishes].filter(([, wish]) => wish > round);
    if (open.length === 0) break;
    for (const [group] of open.slice(0, left)) share.set(group, (share.get(group) ?? 0) + 1);
    left -= Math.min(left, open.length);
  }
  return share;
}
