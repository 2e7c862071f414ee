import { milliseconds } from '#spec/fields.ts';
import type { PilotSpec } from '#spec/pilot.ts';

/** When a pilot leaves. Milliseconds: of idleness (the first two), or since its start. */
export interface LifetimeLimits {
  readonly maxIdle: number;
  readonly maxTail: number;
  readonly retireAfter: number;
  readonly endAfter: number;
}

/** The limits that an order sets. */
export const limitsOf = (lifetimes: PilotSpec['lifetimes']): LifetimeLimits => ({
  maxIdle: milliseconds(lifetimes.maxIdle),
  maxTail: milliseconds(lifetimes.maxTail),
  retireAfter: milliseconds(lifetimes.retireAfter),
  endAfter: milliseconds(lifetimes.endAfter),
});

/** Failures in a row to start a payload, all the pilot's own fault, after which it accepts no more payloads. */
export const startFailuresAllowed = 3;

/** Why a pilot ends that has reached `endAfter`. */
export const endOfLife = 'end of life';

export type Phase = 'Serving' | 'Draining' | 'Ending' | 'Leaving';

export interface Lifetime {
  readonly phase: Phase;
  /** Why it no longer serves. */
  readonly reason: string;
  /** Whether it drains only because the pool has ordered it. */
  readonly isOrdered: boolean;
  readonly startedAt: number;
  /** Claims held: running, or with a result that the pool has not recorded. */
  readonly claims: number;
  readonly hadJob: boolean;
  /** Whether work waits for this slot, as the pool last said; `unknown` before it has said so, and while it is away. */
  readonly work: 'yes' | 'no' | 'unknown';
  readonly connected: boolean;
  /** Milliseconds without a claim while the pool said that no work waits. */
  readonly idle: number;
  /** Milliseconds without a claim while the pool could not be reached. */
  readonly away: number;
  /** The time up to which `idle` and `away` are counted. */
  readonly countedAt: number;
  readonly startFailures: number;
}

type SimpleEvent =
  | 'connected'
  | 'disconnected'
  | 'claimed'
  | 'released'
  | 'started'
  | 'startFailed'
  | 'resume'
  | 'tick';

/**
 * `started` and `startFailed` are about payloads, and `startFailed` means that this pilot is to blame. `resume` withdraws the
 * pool's order to drain.
 */
export type LifetimeEvent =
  | { readonly type: SimpleEvent }
  | { readonly type: 'work'; readonly waiting: boolean }
  | { readonly type: 'drain'; readonly reason: string; readonly isOrder?: true }
  | { readonly type: 'end'; readonly reason: string };

export const newLifetime = (now: number): Lifetime => ({
  phase: 'Serving',
  reason: '',
  isOrdered: false,
  startedAt: now,
  claims: 0,
  hadJob: false,
  work: 'unknown',
  connected: false,
  idle: 0,
  away: 0,
  countedAt: now,
  startFailures: 0,
});

/**
 * The life of a pilot. Pure: `now` is monotonic milliseconds.
 *
 * | phase             | event                                          | next     | meaning                               |
 * |-------------------|------------------------------------------------|----------|---------------------------------------|
 * | Serving           | idle ≥ maxIdle (no job yet) or maxTail (after) | Leaving  | nothing to do                         |
 * | Serving           | no claim, and pool away ≥ maxIdle              | Leaving  | nobody to serve                       |
 * | Serving           | drain, age ≥ retireAfter, 3 failures to start  | Draining | accepts no new job; payloads run on   |
 * | Draining          | resume, if it drains only by order of the pool | Serving  | accepts jobs again                    |
 * | Draining          | no claim held                                  | Leaving  |                                       |
 * | Serving, Draining | end (SIGTERM), age ≥ endAfter                  | Ending   | payloads are stopped with their grace |
 * | Ending            | no claim held                                  | Leaving  |                                       |
 * | Leaving           | anything                                       | Leaving  | final                                 |
 *
 * **Gotchas.** The idle clock runs only while the pool says that no job waits for this slot. Otherwise it stops, and each
 * claim resets it. A claim whose result is not recorded counts as held, so that no result is lost.
 */
export function nextLifetime(
  life: Lifetime,
  event: LifetimeEvent,
  now: number,
  limits: LifetimeLimits,
): Lifetime {
  if (life.phase === 'Leaving') return life;
  return settle(applyEvent(count(life, now), event), now, limits);
}

/** Milliseconds until time alone changes the phase: when the next `tick` is due. */
export function untilNextTick(life: Lifetime, now: number, limits: LifetimeLimits): number {
  const age = now - life.startedAt;
  const waits = [];
  if (life.phase === 'Serving') waits.push(limits.retireAfter - age);
  if (life.phase !== 'Ending') waits.push(limits.endAfter - age);
  if (isIdle(life)) waits.push(idleLimit(life, limits) - life.idle - (now - life.countedAt));
  if (isAway(life)) waits.push(limits.maxIdle - life.away - (now - life.countedAt));
  return Math.max(0, Math.min(...waits));
}

const isIdle = (life: Lifetime) => life.claims === 0 && life.connected && life.work === 'no';
const isAway = (life: Lifetime) => life.claims === 0 && !life.connected;
const idleLimit = (life: Lifetime, limits: LifetimeLimits) => (life.hadJob ? limits.maxTail : limits.maxIdle);

function count(life: Lifetime, now: number): Lifetime {
  const passed = now - life.countedAt;
  return {
    ...life,
    idle: life.idle + (isIdle(life) ? passed : 0),
    away: life.away + (isAway(life) ? passed : 0),
    countedAt: now,
  };
}

function applyEvent(life: Lifetime, event: LifetimeEvent): Lifetime {
  switch (event.type) {
    case 'work':
      return { ...life, work: event.waiting ? 'yes' : 'no' };
    case 'drain':
      return drain(life, event.reason, event.isOrder === true);
    case 'end':
      return { ...life, phase: 'Ending', reason: event.reason };
    default:
      return { ...life, ...simpleChanges[event.type](life) };
  }
}

/** A reason of the pilot's own outlives an order, which may be withdrawn. */
function drain(life: Lifetime, reason: string, isOrdered: boolean): Lifetime {
  const mayDrain = life.phase === 'Serving' || (life.phase === 'Draining' && life.isOrdered && !isOrdered);
  return mayDrain ? { ...life, phase: 'Draining', reason, isOrdered } : life;
}

/** What each event without data changes. */
const simpleChanges: Readonly<Record<SimpleEvent, (life: Lifetime) => Partial<Lifetime>>> = {
  connected: () => ({ connected: true, away: 0 }),
  disconnected: () => ({ connected: false, work: 'unknown' }),
  claimed: (life) => ({ claims: life.claims + 1, hadJob: true, idle: 0, away: 0 }),
  released: (life) => ({ claims: life.claims - 1 }),
  started: () => ({ startFailures: 0 }),
  startFailed: (life) => ({ startFailures: life.startFailures + 1 }),
  resume: ({ phase, isOrdered }) =>
    phase === 'Draining' && isOrdered ? { phase: 'Serving', reason: '', isOrdered: false } : {},
  tick: () => ({}),
};

/** Applies the limits until the phase no longer changes. */
function settle(life: Lifetime, now: number, limits: LifetimeLimits): Lifetime {
  const age = now - life.startedAt;
  if (life.phase !== 'Ending' && age >= limits.endAfter) {
    return settle({ ...life, phase: 'Ending', reason: endOfLife }, now, limits);
  }
  if (life.phase !== 'Serving') return life.claims === 0 ? { ...life, phase: 'Leaving' } : life;
  const drained = reasonToDrain(life, age, limits);
  if (drained !== undefined) return settle({ ...life, phase: 'Draining', reason: drained }, now, limits);
  const reason = reasonToLeave(life, limits);
  return reason === undefined ? life : { ...life, phase: 'Leaving', reason };
}

function reasonToDrain(life: Lifetime, age: number, limits: LifetimeLimits): string | undefined {
  if (life.startFailures >= startFailuresAllowed) {
    return `${life.startFailures} payloads in a row could not be started here`;
  }
  return age >= limits.retireAfter ? 'retired' : undefined;
}

function reasonToLeave(life: Lifetime, limits: LifetimeLimits): string | undefined {
  if (life.claims > 0) return undefined;
  if (life.idle >= idleLimit(life, limits)) {
    return life.hadJob ? 'no further job came' : 'no job came';
  }
  return life.away >= limits.maxIdle ? 'the pool could not be reached' : undefined;
}
