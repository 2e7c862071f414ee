import { ClassAd } from '#classad/class-ad.ts';
import type { Value } from '#classad/value.ts';
import { withFree } from '#match/slot.ts';
import type { Pilot, Taken } from './pilot.ts';

/** The name of a slot, as HTCondor writes it: `slot1@PILOT` for what is left of a pilot, `slot1_2@PILOT` for a claimed share of it. */
export const slotName = (pilot: string, dynamic?: number): string =>
  `slot1${dynamic === undefined ? '' : `_${dynamic}`}@${pilot}`;

/** What the queue knows of the job that has claimed a slot. Times are epoch milliseconds. */
export interface ClaimedBy {
  /** `cluster.proc` */
  readonly job: string;
  readonly owner: string;
  /** The name that its use is charged to: the owner, in an accounting group or in none. */
  readonly submitter: string;
  readonly claimedAt: number;
  /** When its payload began; undefined before that. */
  readonly startedAt: number | undefined;
  /** Since when it is being stopped, because its job was held, removed or vacated; undefined while it runs. */
  readonly endingSince: number | undefined;
}

/** Both clocks of the pool, in milliseconds. */
export interface Now {
  readonly wall: number;
  readonly monotonic: number;
}

/**
 * The ad of a pilot's partitionable slot, as condor_status shows it: the slot that jobs are matched with, and what the pool
 * knows of it.
 *
 * **Gotchas.** As in HTCondor, it stays Unclaimed while dynamic slots take all of it. Owner, which is HTCondor's word for a machine
 * that is not available, means that the pilot has lost its connection.
 */
export function partitionableSlot(pilot: Pilot, now: Now): ClassAd {
  const ad = new ClassAd(pilot.freeSlot);
  const [state, activity] = stateOf(pilot, now.monotonic);
  const since = now.wall - (now.monotonic - sinceOf(pilot, now.monotonic));
  setAll(ad, {
    Name: slotName(pilot.facts.name),
    SlotID: 1,
    SlotType: 'Partitionable',
    PartitionableSlot: true,
    DynamicSlot: false,
    NumDynamicSlots: pilot.claims.size,
    State: state,
    Activity: activity,
    EnteredCurrentState: seconds(since),
    EnteredCurrentActivity: seconds(since),
    ...pilotAttributes(pilot, now),
  });
  return ad;
}

/** The ad of a dynamic slot: a claimed share of a pilot. @param by undefined if the queue no longer has the claim */
export function dynamicSlot(pilot: Pilot, takes: Taken, by: ClaimedBy | undefined, now: Now): ClassAd {
  const ad = withFree(pilot.facts.slot, takes);
  setAll(ad, {
    Name: slotName(pilot.facts.name, takes.slot),
    SlotID: 1,
    DSlotID: takes.slot,
    SlotType: 'Dynamic',
    PartitionableSlot: false,
    DynamicSlot: true,
    TotalSlotCpus: takes.cpus,
    TotalSlotMemory: takes.memory,
    TotalSlotDisk: takes.disk,
    TotalSlotGPUs: takes.gpus,
    ...pilotAttributes(pilot, now),
    ...claimAttributes(pilot, by, now),
  });
  return ad;
}

function claimAttributes(pilot: Pilot, by: ClaimedBy | undefined, now: Now): Record<string, Value> {
  if (by === undefined) return { State: 'Preempting', Activity: 'Vacating' };
  const { job, owner, submitter, claimedAt, startedAt, endingSince } = by;
  const isEnding = endingSince !== undefined;
  const running = isLeaving(pilot, now.monotonic) ? 'Retiring' : 'Busy';
  return {
    State: isEnding ? 'Preempting' : 'Claimed',
    Activity: isEnding ? 'Vacating' : startedAt === undefined ? 'Idle' : running,
    EnteredCurrentState: seconds(endingSince ?? claimedAt),
    EnteredCurrentActivity: seconds(endingSince ?? startedAt ?? claimedAt),
    JobId: job,
    RemoteOwner: owner,
    RemoteUser: owner,
    AccountingGroup: submitter,
    ...(startedAt === undefined ? {} : { JobStart: seconds(startedAt) }),
  };
}

function pilotAttributes(pilot: Pilot, now: Now): Record<string, Value> {
  const wall = (monotonic: number): number => seconds(now.wall + (monotonic - now.monotonic));
  return {
    MyCurrentTime: seconds(now.wall),
    LastHeardFrom: wall(pilot.heardAt),
    DaemonStartTime: wall(pilot.registeredAt),
    Draining: pilot.draining,
    ...(pilot.drainReason === undefined ? {} : { DrainReason: pilot.drainReason }),
    ...(pilot.order === 'resume' ? { GLIDEIN_Resuming: true } : {}),
    GLIDEIN_ToRetire: wall(pilot.retireAt),
    ...(pilot.endAt === undefined ? {} : { GLIDEIN_ToDie: wall(pilot.endAt) }),
    GLIDEIN_Pilot: pilot.facts.name,
    GLIDEIN_PilotUid: pilot.facts.uid,
    GLIDEIN_Connected: pilot.connection !== undefined,
  };
}

const isLeaving = (pilot: Pilot, monotonic: number): boolean => pilot.draining || monotonic >= pilot.retireAt;

function stateOf(pilot: Pilot, monotonic: number): readonly [state: string, activity: string] {
  if (pilot.connection === undefined) return ['Owner', 'Idle'];
  if (!isLeaving(pilot, monotonic)) return ['Unclaimed', 'Idle'];
  return ['Drained', pilot.claims.size > 0 ? 'Retiring' : 'Idle'];
}

/** Since when the slot is in its state, in monotonic milliseconds. */
function sinceOf(pilot: Pilot, monotonic: number): number {
  if (pilot.disconnectedAt !== undefined) return pilot.disconnectedAt;
  if (pilot.draining) return pilot.drainedAt ?? pilot.registeredAt;
  return monotonic >= pilot.retireAt ? pilot.retireAt : pilot.registeredAt;
}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

function setAll(ad: ClassAd, values: Readonly<Record<string, Value>>): void {
  for (const [name, value] of Object.entries(values)) ad.setValue(name, value);
}
