import type { ClassAd } from '#classad/class-ad.ts';
import { requestOf } from '#match/request.ts';
import { lacking, type Resources } from '#match/resources.ts';
import type { Pilot } from '../collector/pilot.ts';
import { type AlikeSlots, alikeSlots, type SlotOf } from './alike-slots.ts';
import type { Condition, Conditions } from './conditions.ts';
import type { FeedingGroup } from './feeding-groups.ts';
import type { Slices } from './slices.ts';

/**
 * What a registered pilot could do for a job now:
 *
 * | state    | means                                                       |
 * |----------|-------------------------------------------------------------|
 * | free     | it accepts jobs, and what is free on it suffices            |
 * | busy     | it would suffice if other jobs did not use some of it       |
 * | draining | it accepts no more jobs                                     |
 * | away     | it has no connection                                        |
 * | unfit    | it never suffices                                           |
 */
type SlotState = 'free' | 'busy' | 'draining' | 'away' | 'unfit';

/** Slots that are alike for the job, whole or as other jobs leave them. */
export interface LookedAt {
  /** The ad of the whole slot. */
  readonly slot: ClassAd;
  readonly pilots: readonly Pilot[];
  /** Groups whose fresh pilots would be alike. */
  readonly groups: readonly FeedingGroup[];
  /** What keeps the job out of the whole slot; nothing if it fits. */
  readonly failing: readonly Condition[];
}

/** Everything that was found out about one job and all slots, registered and to come. */
export interface Scan {
  readonly conditions: Conditions;
  readonly kinds: readonly LookedAt[];
  readonly states: ReadonlyMap<Pilot, SlotState>;
}

interface Candidate {
  readonly pilot?: Pilot;
  readonly group?: FeedingGroup;
}

/** Compares a job with all slots; those that are alike are looked at once. @param now monotonic milliseconds */
export async function scan(
  conditions: Conditions,
  pilots: readonly Pilot[],
  groups: readonly FeedingGroup[],
  { slices, now }: { readonly slices: Slices; readonly now: number },
): Promise<Scan> {
  const all: SlotOf<Candidate>[] = [
    ...pilots.map((pilot) => ({ slot: pilot.facts.slot, item: { pilot } })),
    ...groups.map((group) => ({ slot: group.template, item: { group } })),
  ];
  const kinds: LookedAt[] = [];
  const states = new Map<Pilot, SlotState>();
  const alike = alikeSlots(conditions.job, all);
  await slices.rest();
  for (const each of alike) {
    const kind = lookAt(conditions, each);
    kinds.push(kind);
    for (const [pilot, state] of statesOf(conditions, kind, now)) {
      states.set(pilot, state);
      if (slices.isOver) await slices.rest();
    }
    if (slices.isOver) await slices.rest();
  }
  return { conditions, kinds, states };
}

function lookAt(conditions: Conditions, { slot, items }: AlikeSlots<Candidate>): LookedAt {
  return {
    slot,
    pilots: items.flatMap(({ pilot }) => pilot ?? []),
    groups: items.flatMap(({ group }) => group ?? []),
    failing: conditions.failing(slot),
  };
}

function* statesOf(
  conditions: Conditions,
  { pilots, failing }: LookedAt,
  now: number,
): Generator<[Pilot, SlotState]> {
  /** Whether the job fits what is left of such a slot, by what is left. */
  const fitsIn = new Map<string, boolean>();
  for (const pilot of pilots) {
    if (failing.length > 0) yield [pilot, 'unfit'];
    else if (pilot.connection === undefined) yield [pilot, 'away'];
    else if (!pilot.accepts(now)) yield [pilot, 'draining'];
    else {
      const key = keyOf(pilot.free);
      const fits = fitsIn.get(key) ?? isRoomIn(conditions, pilot);
      fitsIn.set(key, fits);
      yield [pilot, fits ? 'free' : 'busy'];
    }
  }
}

const keyOf = ({ cpus, memory, disk, gpus }: Resources): string => `${cpus} ${memory} ${disk} ${gpus}`;

function isRoomIn(conditions: Conditions, pilot: Pilot): boolean {
  const asks = requestOf(conditions.job, pilot.freeSlot, conditions.environment);
  return lacking(asks, pilot.free) === undefined && conditions.failing(pilot.freeSlot).length === 0;
}

/** The pilots whose slots are in one of these states. */
export const pilotsIn = ({ states }: Scan, ...wanted: readonly SlotState[]): readonly Pilot[] =>
  [...states].filter(([, state]) => wanted.includes(state)).map(([pilot]) => pilot);

/** The groups whose fresh pilots could run the job. */
export const fittingGroups = ({ kinds }: Scan): readonly FeedingGroup[] =>
  kinds.filter(({ failing }) => failing.length === 0).flatMap(({ groups }) => groups);
