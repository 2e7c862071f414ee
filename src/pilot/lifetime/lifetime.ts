import { milliseconds } from '#spec/fields.ts';
import { endOfPayloads, retirement } from '#spec/lifetimes.ts';
import type { PilotSpec } from '#spec/pilot.ts';
import { type EndBound, type EndSource, earliest } from './end-bound.ts';

/** When a pilot leaves. Milliseconds: of idleness (the first two), or since its start. */
export interface LifetimeLimits {
  readonly maxIdle: number;
  readonly maxTail: number;
  readonly retireAfter: number;
  readonly endAfter: number;
}

/**
 * The limits that an order sets. Only the retirement is spread, and not the end: the last job has the more time for it.
 * @param random from 0 up to 1
 */
export function limitsOf(lifetimes: PilotSpec['lifetimes'], random: number): LifetimeLimits {
  const retire = retirement(lifetimes);
  const spread =
    lifetimes.retireSpread === undefined
      ? milliseconds(lifetimes.retireAfter) / 10
      : milliseconds(lifetimes.retireSpread);
  return {
    maxIdle: milliseconds(lifetimes.maxIdle),
    maxTail: milliseconds(lifetimes.maxTail),
    retireAfter: Math.round(retire - Math.min(spread, retire / 2) * random),
    endAfter: endOfPayloads(lifetimes),
  };
}

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
  /** Whether it drains because payloads cannot run here. */
  readonly isFault: boolean;
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
  /** Ends that the order does not know, by who sets them. */
  readonly bounds: Readonly<Partial<Record<EndSource, EndBound>>>;
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
 * pool's order to drain. `bound` says until when the pilot can live by one source; without a `bound`, that source no longer says so.
 */
export type LifetimeEvent =
  | { readonly type: SimpleEvent }
  | { readonly type: 'work'; readonly waiting: boolean }
  | { readonly type: 'drain'; readonly reason: string; readonly isOrder?: true; readonly isFault?: true }
  | { readonly type: 'bound'; readonly source: EndSource; readonly bound: EndBound | undefined }
  | { readonly type: 'end'; readonly reason: string };

/** @param age milliseconds that have passed before `now` */
export const newLifetime = (now: number, age = 0): Lifetime => ({
  phase: 'Serving',
  reason: '',
  isOrdered: false,
  isFault: false,
  startedAt: now - age,
  claims: 0,
  hadJob: false,
  work: 'unknown',
  connected: false,
  idle: 0,
  away: 0,
  countedAt: now,
  startFailures: 0,
  bounds: {},
});

/** When the pilot drains and ends, by its order or by whoever else sets an earlier end. */
export function endOf(life: Lifetime, limits: LifetimeLimits): EndBound {
  const own = {
    drain: { at: life.startedAt + limits.retireAfter, reason: 'retired' },
    end: { at: life.startedAt + limits.endAfter, reason: endOfLife },
  };
  return earliest(own, Object.values(life.bounds));
}

/**
 * The life of a pilot. Pure: `now` is monotonic milliseconds.
 *
 * | phase             | event                                          | next     | meaning                               |
 * |-------------------|------------------------------------------------|----------|---------------------------------------|
 * | Serving           | idle ≥ maxIdle (no job yet) or maxTail (after) | Leaving  | nothing to do                         |
 * | Serving           | no claim, and pool away ≥ maxIdle              | Leaving  | nobody to serve                       |
 * | Serving           | drain, old enough, 3 failures to start         | Draining | accepts no new job; payloads run on   |
 * | Draining          | resume, if it drains only by order of the pool | Serving  | accepts jobs again                    |
 * | Draining          | no claim held                                  | Leaving  |                                       |
 * | Serving, Draining | end (SIGTERM), end of life, bound reached      | Ending   | payloads are stopped with their grace |
 * | Ending            | no claim held                                  | Leaving  |                                       |
 * | Leaving           | anything                                       | Leaving  | final                                 |
 *
 * Old enough is `retireAfter`, or the `drain` of a bound, such as a token that nobody renews or a node that goes away.
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
  const { drain, end } = endOf(life, limits);
  const waits = [];
  if (life.phase === 'Serving') waits.push(drain.at - now);
  if (life.phase !== 'Ending') waits.push(end.at - now);
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
      return drain(life, event.reason, event.isOrder === true, event.isFault === true);
    case 'bound':
      return { ...life, bounds: withBound(life.bounds, event.source, event.bound) };
    case 'end':
      return { ...life, phase: 'Ending', reason: event.reason };
    default:
      return { ...life, ...simpleChanges[event.type](life) };
  }
}

function withBound(bounds: Lifetime['bounds'], source: EndSource, bound: EndBound | undefined) {
  const { [source]: _, ...others } = bounds;
  return bound === undefined ? others : { ...others, [source]: bound };
}

/** A reason of the pilot's own outlives an order, which may be withdrawn. */
function drain(life: Lifetime, reason: string, isOrdered: boolean, isFault: boolean): Lifetime {
  const mayDrain = life.phase === 'Serving' || (life.phase === 'Draining' && life.isOrdered && !isOrdered);
  return mayDrain ? { ...life, phase: 'Draining', reason, isOrdered, isFault } : life;
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
  const { drain, end } = endOf(life, limits);
  if (life.phase !== 'Ending' && now >= end.at) {
    return settle({ ...life, phase: 'Ending', reason: end.reason }, now, limits);
  }
  if (life.phase !== 'Serving') return life.claims === 0 ? { ...life, phase: 'Leaving' } : life;
  const isFault = life.startFailures >= startFailuresAllowed;
  const reasonToDrain = isFault ? unfit(life) : now >= drain.at ? drain.reason : undefined;
  if (reasonToDrain !== undefined)
    return settle({ ...life, phase: 'Draining', reason: reasonToDrain, isFault }, now, limits);
  const reason = reasonToLeave(life, limits);
  return reason === undefined ? life : { ...life, phase: 'Leaving', reason };
}

const unfit = ({ startFailures }: Lifetime) => `${startFailures} payloads in a row could not be started here`;

function reasonToLeave(life: Lifetime, limits: LifetimeLimits): string | undefined {
  if (life.claims > 0) return undefined;
  if (life.idle >= idleLimit(life, limits)) {
    return life.hadJob ? 'no further job came' : 'no job came';
  }
  return life.away >= limits.maxIdle ? 'the pool could not be reached' : undefined;
}
