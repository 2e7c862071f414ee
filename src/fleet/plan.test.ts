import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadlines } from '#api/pilot-failures.ts';
import type { GroupDecision } from '#pressure/decision.ts';
import { knownFor, pilotSupply, unknownDemand } from '#testing/pool-answers.ts';
import type { ObservedPilot, RuntimeState } from './phase.ts';
import { plan } from './plan.ts';
import type { PoolDemand } from './pool-demand.ts';

const decision = (add: number, more: Partial<GroupDecision> = {}): GroupDecision => ({
  group: 'g',
  wanted: add,
  add,
  release: [],
  reason: `${add} more pilots`,
  limits: [],
  ...more,
});

const base = {
  pilots: [],
  deadlines: deadlines.parse({}),
  breaker: { allowed: Number.POSITIVE_INFINITY, reason: undefined },
  createPerMinute: 600,
  createdLately: 0,
};

const pilotIn = (
  runtime: RuntimeState,
  minutes: number,
  registered?: ObservedPilot['registered'],
  demand: PoolDemand = knownFor(minutes + 1),
): ObservedPilot => ({
  uid: 'u',
  name: 'n',
  runtime,
  registered,
  forMilliseconds: minutes * 60_000,
  demand,
});

describe('creating', () => {
  it('a plan creates and releases what was decided', () => {
    expect(plan({ ...base, decision: decision(3, { release: ['a'] }) })).toEqual({
      create: 3,
      release: ['a'],
      remove: [],
      limits: [],
      reason: '3 more pilots',
    });
  });

  it('a plan keeps to the rate of creation, and counts the pilots that it costs', () => {
    const { create, limits } = plan({
      ...base,
      decision: decision(9),
      createPerMinute: 10,
      createdLately: 6,
    });
    expect(create).toBe(4);
    expect(limits).toEqual([{ name: 'limits.createPerMinute', value: 10, count: 5 }]);
    expect(plan({ ...base, decision: decision(9), createPerMinute: 10, createdLately: 99 }).create).toBe(0);
  });

  it('a plan obeys the breaker, says so, and counts each pilot with one limit only', () => {
    const breaker = { allowed: 1, reason: '5 pilots in a row failed to start; one is tried' };
    const { create, limits, reason } = plan({ ...base, decision: decision(9), breaker, createdLately: 600 });
    expect(create).toBe(0);
    expect(limits).toEqual([
      { name: 'breaker', value: 1, count: 8 },
      { name: 'limits.createPerMinute', value: 600, count: 1 },
    ]);
    expect(reason).toBe('9 more pilots; 5 pilots in a row failed to start; one is tried');
    expect(plan({ ...base, decision: decision(0), breaker }).reason).toBe('0 more pilots');
  });

  it('a plan never creates more than was decided or allowed, and accounts for the rest', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.option(fc.nat(50)),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(60),
        (add, allowed, rate, lately) => {
          const breaker = allowed === null ? base.breaker : { allowed, reason: 'pilots failed' };
          const { create, limits } = plan({
            ...base,
            decision: decision(add),
            breaker,
            createPerMinute: rate,
            createdLately: lately,
          });
          expect(create).toBeGreaterThanOrEqual(0);
          expect(create).toBeLessThanOrEqual(Math.min(add, breaker.allowed, Math.max(0, rate - lately)));
          expect(create + limits.reduce((sum, { count }) => sum + count, 0)).toBe(add);
        },
      ),
    );
  });
});

describe('deadlines', () => {
  it.each([
    [{ state: 'Unscheduled' }, 60, 'it found no node within 1h'],
    [{ state: 'Pulling' }, 15, 'its image was not pulled within 15m'],
    [{ state: 'Starting' }, 5, 'its container did not start within 5m'],
    [{ state: 'Running' }, 10, 'it did not register within 10m'],
    [{ state: 'Terminating' }, 10, 'it did not end within 10m'],
  ] as const)('the deadline of a pilot in %j is over after %d minutes', (runtime, minutes, reason) => {
    const removeAfter = (after: number) =>
      plan({
        ...base,
        decision: decision(0),
        pilots: [pilotIn(runtime, after, undefined, knownFor(Math.ceil(after) + 1))],
      }).remove;
    expect(removeAfter(minutes)).toEqual([]);
    expect(removeAfter(minutes + 0.1)).toMatchObject([{ uid: 'u', reason }]);
  });

  it('registered pilots and ended ones miss no deadline', () => {
    const pilots = [
      pilotIn({ state: 'Running' }, 1e6, 'Busy', knownFor(30)),
      pilotIn({ state: 'Running' }, 1e6, 'Idle', knownFor(30)),
      pilotIn({ state: 'Running' }, 1e6, 'Draining', knownFor(30)),
      pilotIn({ state: 'Ended', failed: true, reason: '' }, 1e6, undefined, knownFor(30)),
    ];
    expect(plan({ ...base, decision: decision(0), pilots }).remove).toEqual([]);
  });

  it('a pilot that has run for hours is not overdue when the pool has answered for minutes only', () => {
    const removed = (demand: PoolDemand) =>
      plan({
        ...base,
        decision: decision(0),
        pilots: [pilotIn({ state: 'Running' }, 600, undefined, demand)],
      }).remove.length;
    expect([unknownDemand, knownFor(0), knownFor(10), knownFor(11)].map(removed)).toEqual([0, 0, 0, 1]);
  });

  it('a removal that only the pool can justify carries the pool’s answer', () => {
    const demand = knownFor(11);
    const pilots = (['Running', 'Pulling', 'Starting', 'Unscheduled', 'Terminating'] as const).map((state) =>
      pilotIn({ state }, 600, undefined, demand),
    );
    const { remove } = plan({ ...base, decision: decision(0), pilots });
    expect(remove.map(({ witness }) => witness)).toEqual([demand, demand, demand, undefined, demand]);
  });

  it.each(['Unscheduled', 'Pulling', 'Starting'] as const)(
    'a pilot at work is not overdue because what runs it still says %s',
    (state) => {
      const pilots = [
        pilotIn({ state }, 600, 'Busy'),
        pilotIn({ state: 'Pulling' }, 600, undefined, unknownDemand),
      ];
      expect(plan({ ...base, decision: decision(0), pilots }).remove).toEqual([]);
    },
  );

  it('a pod on a lost node is not deleted by force while its pilot may come back to its pool', () => {
    const busy = pilotSupply('u', 'g', 'Busy', { connected: false, disconnectedSeconds: 900 });
    const removed = (demand: PoolDemand) => {
      const pilots = [pilotIn({ state: 'Terminating' }, 600, demand.known ? 'Busy' : undefined, demand)];
      return plan({ ...base, decision: decision(0), pilots }).remove.length;
    };
    expect([knownFor(11, busy), unknownDemand, knownFor(11)].map(removed)).toEqual([0, 0, 1]);
  });
});
