import type { ClassAd } from '#classad/class-ad.ts';
import { lacking, type ResourceName, type Resources } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
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
 * | reserved | what is free on it suffices, and is kept for other jobs     |
 * | draining | it accepts no more jobs                                     |
 * | away     | it has no connection                                        |
 * | unfit    | it never suffices                                           |
 */
export type SlotState = 'free' | 'busy' | 'reserved' | 'draining' | 'away' | 'unfit';

/** Pilots in one state. */
export interface PilotsInState {
  readonly state: SlotState;
  /** The first resource of which other jobs leave too little on busy pilots, if it is that. */
  readonly short: ResourceName | undefined;
  readonly pilots: Pilot[];
}

/** Slots that are alike for the job, whole or as other jobs leave them. */
export interface LookedAt {
  /** The ad of the whole slot. */
  readonly slot: ClassAd;
  /** What the job asks for there, and what the whole slot offers. */
  readonly asks: Resources;
  readonly offers: Resources;
  readonly pilots: readonly Pilot[];
  readonly states: readonly PilotsInState[];
  /** Groups whose fresh pilots would be alike. */
  readonly groups: readonly FeedingGroup[];
  /** What keeps the job out of the whole slot; nothing if it fits. */
  readonly failing: readonly Condition[];
}

/** Everything that was found out about one job and all slots, registered and to come. */
export interface Scan {
  readonly conditions: Conditions;
  readonly kinds: readonly LookedAt[];
  /** What pilots of each group have registered, by {@link groupKey}. */
  readonly came: ReadonlyMap<string, Came>;
}

interface Came {
  readonly pilots: number;
  /** Whether the job fits any of their whole slots. */
  readonly fits: boolean;
  /** Slots of some of them. */
  readonly unlike: LookedAt;
}

/** The names of sites and groups hold no slash. */
export const groupKey = (site: string, group: string): string => `${site}/${group}`;

interface Candidate {
  readonly pilot?: Pilot;
  readonly group?: FeedingGroup;
}

/** How a job is compared with slots. `now` is in monotonic milliseconds. */
export interface Look {
  readonly slices: Slices;
  readonly now: number;
  /** The number of the job's autocluster, for which slots may be kept free; undefined if it is in none. */
  readonly autocluster: number | undefined;
}

/** Compares a job with all slots; those that are alike are looked at once. */
export async function scan(
  conditions: Conditions,
  pilots: readonly Pilot[],
  groups: readonly FeedingGroup[],
  look: Look,
): Promise<Scan> {
  const { slices } = look;
  const all: SlotOf<Candidate>[] = [
    ...pilots.map((pilot) => ({ slot: pilot.facts.slot, item: { pilot } })),
    ...groups.map((group) => ({ slot: group.template, item: { group } })),
  ];
  const kinds: LookedAt[] = [];
  for (const alike of await alikeSlots(conditions.job, all, slices)) {
    if (slices.isOver) await slices.rest();
    kinds.push(await lookAt(conditions, alike, look));
  }
  return { conditions, kinds, came: cameOf(kinds) };
}

function cameOf(kinds: readonly LookedAt[]): ReadonlyMap<string, Came> {
  const came = new Map<string, Came>();
  for (const kind of kinds) {
    const fits = kind.failing.length === 0;
    for (const { facts } of kind.pilots) {
      const key = groupKey(facts.site, facts.group);
      const known = came.get(key);
      came.set(key, {
        pilots: (known?.pilots ?? 0) + 1,
        fits: known?.fits === true || fits,
        unlike: kind,
      });
    }
  }
  return came;
}

async function lookAt(
  conditions: Conditions,
  { slot, items }: AlikeSlots<Candidate>,
  look: Look,
): Promise<LookedAt> {
  const asks = conditions.asksOf(slot);
  const offers = offerOf(slot);
  const failing = conditions.failing(slot, asks, offers);
  const pilots = items.flatMap(({ pilot }) => pilot ?? []);
  const groups = items.flatMap(({ group }) => group ?? []);
  const states = failing.length > 0 ? [unfit(pilots)] : await statesOf(conditions, pilots, look);
  return { slot, asks, offers, pilots, states, groups, failing };
}

const unfit = (pilots: Pilot[]): PilotsInState => ({ state: 'unfit', short: undefined, pilots });

/** The states of pilots whose whole slots fit. Those of which the same is left are looked at once. */
async function statesOf(
  conditions: Conditions,
  pilots: readonly Pilot[],
  { slices, now, autocluster }: Look,
): Promise<readonly PilotsInState[]> {
  const states = new Map<string, PilotsInState>();
  for (const pilot of pilots) {
    if (slices.isOver) await slices.rest();
    const access = accessTo(pilot, now, autocluster);
    const key = access === 'away' || access === 'draining' ? access : `${access} ${keyOf(pilot.free)}`;
    const known = states.get(key);
    if (known !== undefined) known.pilots.push(pilot);
    else states.set(key, { ...stateOf(conditions, pilot, access), pilots: [pilot] });
  }
  return [...states.values()];
}

const keyOf = ({ cpus, memory, disk, gpus }: Resources): string => `${cpus} ${memory} ${disk} ${gpus}`;

/** The state of a pilot if enough of it is free. */
function accessTo(pilot: Pilot, now: number, autocluster: number | undefined): SlotState {
  if (pilot.connection === undefined) return 'away';
  if (!pilot.accepts(now)) return 'draining';
  return pilot.reservedFor === 0 || pilot.reservedFor === autocluster ? 'free' : 'reserved';
}

function stateOf(conditions: Conditions, pilot: Pilot, access: SlotState): Omit<PilotsInState, 'pilots'> {
  if (access === 'away' || access === 'draining') return { state: access, short: undefined };
  const asks = conditions.asksOf(pilot.freeSlot);
  const short = lacking(asks, pilot.free);
  const fits = short === undefined && conditions.failing(pilot.freeSlot, asks, pilot.free).length === 0;
  return { state: fits ? access : 'busy', short };
}

/** The pilots whose slots are in a state. */
export const pilotsIn = ({ kinds }: Scan, wanted: SlotState): readonly Pilot[] =>
  kinds.flatMap(({ states }) =>
    states.filter(({ state }) => state === wanted).flatMap(({ pilots }) => pilots),
  );

/** The groups whose fresh pilots could run the job. */
export const fittingGroups = ({ kinds }: Scan): readonly FeedingGroup[] =>
  kinds.filter(({ failing }) => failing.length === 0).flatMap(({ groups }) => groups);
