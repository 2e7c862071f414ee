import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pilotSpec } from '#spec/pilot.ts';
import {
  type Lifetime,
  type LifetimeEvent,
  type LifetimeLimits,
  limitsOf,
  newLifetime,
  nextLifetime,
  untilNextTick,
} from './lifetime.ts';

const limits: LifetimeLimits = { maxIdle: 100, maxTail: 50, retireAfter: 1_000, endAfter: 2_000 };

/** Applies events, each at its time. */
function live(...events: readonly (readonly [number, LifetimeEvent])[]): Lifetime {
  return events.reduce((life, [now, event]) => nextLifetime(life, event, now, limits), newLifetime(0));
}

const connected: LifetimeEvent = { type: 'connected' };
const noWork: LifetimeEvent = { type: 'work', waiting: false };
const someWork: LifetimeEvent = { type: 'work', waiting: true };
const tick: LifetimeEvent = { type: 'tick' };
const claimed: LifetimeEvent = { type: 'claimed' };
const released: LifetimeEvent = { type: 'released' };

describe('a pilot', () => {
  it('leaves after maxIdle, which counts only while the pool says that no work waits', () => {
    expect(live([0, connected], [500, tick]).phase).toBe('Serving');
    expect(live([0, connected], [10, noWork], [109, tick]).phase).toBe('Serving');
    expect(live([0, connected], [10, noWork], [110, tick])).toMatchObject({
      phase: 'Leaving',
      reason: 'no job came',
    });
    const paused = live([0, connected], [0, noWork], [90, someWork], [500, noWork], [509, tick]);
    expect(paused.phase).toBe('Serving');
    expect(nextLifetime(paused, tick, 510, limits).phase).toBe('Leaving');
  });

  it('leaves after maxTail once it has had a job, and each job resets the clock', () => {
    const busy = live([0, connected], [0, noWork], [90, claimed], [300, released]);
    expect(nextLifetime(busy, tick, 349, limits).phase).toBe('Serving');
    expect(nextLifetime(busy, tick, 350, limits)).toMatchObject({
      phase: 'Leaving',
      reason: 'no further job came',
    });
  });

  it('does not count as idle while the pool is away, but leaves if the pool stays away', () => {
    expect(live([0, connected], [0, noWork], [60, { type: 'disconnected' }], [150, tick]).phase).toBe(
      'Serving',
    );
    expect(live([0, connected], [0, noWork], [60, { type: 'disconnected' }], [160, tick])).toMatchObject({
      phase: 'Leaving',
      reason: 'the pool could not be reached',
    });
    expect(live([0, connected], [1, claimed], [2, { type: 'disconnected' }], [900, tick]).phase).toBe(
      'Serving',
    );
  });

  it('drains when it is told to, when it is old, and after three failures of its own in a row', () => {
    const drain: LifetimeEvent = { type: 'drain', reason: 'surplus' };
    expect(live([0, claimed], [1, drain])).toMatchObject({ phase: 'Draining', reason: 'surplus' });
    expect(live([0, claimed], [1, drain], [2, released]).phase).toBe('Leaving');
    expect(live([0, claimed], [1_000, tick])).toMatchObject({ phase: 'Draining', reason: 'retired' });
    const failed: LifetimeEvent = { type: 'startFailed' };
    const started: LifetimeEvent = { type: 'started' };
    expect(live([0, claimed], [1, failed], [2, failed], [3, started], [4, failed]).phase).toBe('Serving');
    expect(live([0, claimed], [1, failed], [2, failed], [3, failed])).toMatchObject({
      phase: 'Draining',
      isFault: true,
    });
    expect(live([0, claimed], [1_000, tick]).isFault).toBe(false);
  });

  it('serves again when an order to drain is withdrawn, unless it drains for a reason of its own', () => {
    const ordered: LifetimeEvent = { type: 'drain', reason: 'new kernel', isOrder: true };
    const full: LifetimeEvent = { type: 'drain', reason: 'the disk is full' };
    const resume: LifetimeEvent = { type: 'resume' };
    expect(live([0, claimed], [1, ordered], [2, resume])).toMatchObject({ phase: 'Serving', reason: '' });
    expect(live([0, claimed], [1, ordered], [2, resume], [3, ordered]).phase).toBe('Draining');
    expect(live([0, claimed], [1, full], [2, ordered], [3, resume])).toMatchObject({
      phase: 'Draining',
      reason: 'the disk is full',
    });
    expect(live([0, claimed], [1, ordered], [2, full], [3, resume]).phase).toBe('Draining');
    expect(live([0, claimed], [1, ordered], [1_000, resume])).toMatchObject({
      phase: 'Draining',
      reason: 'retired',
    });
    expect(live([0, claimed], [1, ordered], [2, released], [3, resume]).phase).toBe('Leaving');
    expect(live([0, connected], [1, resume]).phase).toBe('Serving');
  });

  it('ends at the end of its life and on request, and leaves when it holds no claim', () => {
    expect(live([0, claimed], [2_000, tick])).toMatchObject({ phase: 'Ending', reason: 'end of life' });
    const ending = live([0, claimed], [1, { type: 'end', reason: 'SIGTERM' }]);
    expect(ending.phase).toBe('Ending');
    expect(nextLifetime(ending, released, 2, limits)).toMatchObject({ phase: 'Leaving', reason: 'SIGTERM' });
  });

  it('drains and ends when its token, its machine or a notice says so, and only as long as that says so', () => {
    const until = (drain: number, end: number): LifetimeEvent => ({
      type: 'bound',
      source: 'token',
      bound: { drain: { at: drain, reason: 'expires' }, end: { at: end, reason: 'expires' } },
    });
    const gone: LifetimeEvent = { type: 'bound', source: 'token', bound: undefined };
    expect(live([0, claimed], [1, until(50, 80)], [49, tick]).phase).toBe('Serving');
    expect(live([0, claimed], [1, until(50, 80)], [50, tick])).toMatchObject({
      phase: 'Draining',
      reason: 'expires',
    });
    expect(live([0, claimed], [1, until(50, 80)], [80, tick])).toMatchObject({
      phase: 'Ending',
      reason: 'expires',
    });
    expect(live([0, claimed], [1, until(50, 80)], [40, gone], [80, tick]).phase).toBe('Serving');
    // What comes later than the order's own end changes nothing.
    expect(live([0, claimed], [1, until(5_000, 8_000)], [1_000, tick])).toMatchObject({
      phase: 'Draining',
      reason: 'retired',
    });
  });

  it('says when its next tick is due: its phase changes then and not before', () => {
    const event = fc.constantFrom<LifetimeEvent>(
      connected,
      { type: 'disconnected' },
      noWork,
      someWork,
      claimed,
      tick,
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(80), event), { maxLength: 12 }), (steps) => {
        let now = 0;
        let life = newLifetime(0);
        for (const [wait, next] of steps) {
          now += wait;
          life = nextLifetime(life, next, now, limits);
        }
        if (life.phase === 'Leaving') return;
        const wait = untilNextTick(life, now, limits);
        if (!Number.isFinite(wait)) return;
        expect(nextLifetime(life, tick, now + wait - 1, limits).phase).toBe(life.phase);
        expect(nextLifetime(life, tick, now + wait, limits).phase).not.toBe(life.phase);
      }),
    );
  });
});

const limitsFor = (lifetimes: object, random = 0) =>
  limitsOf(pilotSpec.parse({ cpus: 1, memory: '1Gi', lifetimes }).lifetimes, random);

it('a pilot lives as long as its group says, in milliseconds', () => {
  expect(limitsFor({ maxIdle: '1m', maxTail: '2s', retireAfter: '3h', endAfter: '4h' })).toEqual({
    maxIdle: 60_000,
    maxTail: 2_000,
    retireAfter: 10_800_000,
    endAfter: 14_400_000,
  });
});

const hour = 3_600_000;

it('pilots that started together retire at random times within retireSpread, and end at the same age', () => {
  expect(limitsFor({ retireAfter: '10h' }, 0.5).retireAfter).toBe(9.5 * hour);
  const spread = { retireAfter: '10h', retireSpread: '2h' };
  expect(limitsFor(spread, 0).retireAfter).toBe(10 * hour);
  expect(limitsFor(spread, 0.5)).toMatchObject({ retireAfter: 9 * hour, endAfter: 36 * hour });
  expect(limitsFor({ retireAfter: '10h', retireSpread: '20h' }, 1).retireAfter).toBe(5 * hour);
});

it('jobMaxTime keeps time for the last job before the end, and maxWalltime contains grace and reports', () => {
  expect(limitsFor({ endAfter: '8h', jobMaxTime: '3h' })).toMatchObject({
    retireAfter: 5 * hour,
    endAfter: 8 * hour,
  });
  expect(limitsFor({ maxWalltime: '8h', jobMaxTime: '3h', grace: '45s' })).toMatchObject({
    retireAfter: 5 * hour - 60_000,
    endAfter: 8 * hour - 60_000,
  });
});

it('what was spent before a pilot started counts towards its age, but not as idle', () => {
  const life = newLifetime(1_000, 900);
  expect(nextLifetime(life, tick, 1_099, limits).phase).toBe('Serving');
  expect(nextLifetime(life, tick, 1_100, limits)).toMatchObject({ reason: 'retired', idle: 0 });
});
