import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { condition } from '#api/condition.ts';
import { conditionsOf } from '../status/conditions.ts';
import { findingsOf } from './conditions.ts';
import { type GroupSnapshot, whatBlocks, whatHinders } from './snapshot.ts';

const fault = fc.constantFrom(
  { reason: 'QuotaExhausted', message: 'exceeded quota: rq; raise the ResourceQuota rq' },
  { reason: 'PodSecurity', message: 'violates PodSecurity "baseline"; relabel the namespace' },
);
const blocker = fc.constantFrom(
  { reason: 'PoolMissing', message: 'There is no GlideinPool atlas/p' },
  {
    reason: 'ProbingIsolation',
    message: 'Isolation is still being probed: the probe pod g-probe is Pulling',
  },
);
const perhaps = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const snapshots: fc.Arbitrary<GroupSnapshot> = fc.record({
  suspended: fc.boolean(),
  blocker: perhaps(blocker),
  refusal: perhaps(fault),
  breaker: perhaps(fc.constant('5 pilots in a row failed to start; one is tried')),
  start: perhaps(fc.constant({ reason: 'ImageMissing', message: 'g-0 cannot start: not found' })),
  unscheduled: perhaps(fc.constant({ reason: 'NodesTooFull', message: 'g-1 has no node: Insufficient cpu' })),
  lastFailure: perhaps(fc.constant('g-0: exit code 9')),
  avoided: fc.constant([]),
  isolation: fc.constantFrom('', ' with isolation Shared'),
  pool: fc.constant('atlas/p'),
  unknown: perhaps(fc.constant('the pool has restarted')),
  wanted: perhaps(fc.nat(3)),
  starting: fc.nat(3),
  working: fc.nat(3),
  limits: fc.constantFrom<string[][]>([], ['limits.maxPilots (3)']),
});

const well: GroupSnapshot = {
  suspended: false,
  blocker: undefined,
  refusal: undefined,
  breaker: undefined,
  start: undefined,
  unscheduled: undefined,
  lastFailure: undefined,
  avoided: [],
  isolation: '',
  pool: 'atlas/p',
  unknown: undefined,
  wanted: 2,
  starting: 0,
  working: 2,
  limits: [],
};

const named = (snapshot: GroupSnapshot) =>
  new Map(findingsOf(snapshot).map((finding) => [finding.type, finding]));

const holds = (check: (snapshot: GroupSnapshot, said: ReturnType<typeof named>) => void): void =>
  fc.assert(fc.property(snapshots, (snapshot) => check(snapshot, named(snapshot))));

describe('conditions of a group never contradict each other or its numbers', () => {
  test('a group whose pods the API server refuses is not ready', () => {
    holds((snapshot, said) => {
      const blocked = whatBlocks(snapshot);
      expect(said.get('Ready')?.status).toBe(blocked === undefined ? 'True' : 'False');
      if (snapshot.refusal ?? snapshot.breaker ?? snapshot.blocker) {
        expect(said.get('Ready')?.message).not.toContain('can be created');
      }
    });
  });

  test('a group says "as many pilots as wanted" only when the numbers are known and equal', () => {
    holds((snapshot, said) => {
      if (said.get('Progressing')?.reason !== 'AsWanted') return;
      expect(snapshot.working).toBe(snapshot.wanted);
      expect(snapshot).toMatchObject({ starting: 0, limits: [], unknown: undefined });
      expect(said.get('Ready')?.status).toBe('True');
    });
  });

  test('what blocks a group is said in every condition that depends on it, and in its bid', () => {
    holds((snapshot, said) => {
      const blocked = whatBlocks(snapshot);
      if (blocked === undefined) return;
      expect(whatHinders(snapshot)).toEqual(blocked);
      if (snapshot.starting === 0)
        expect(said.get('Progressing')).toMatchObject({ status: 'False', ...blocked });
    });
  });

  test('a group whose pilots fail is not healthy', () => {
    holds((snapshot, said) => {
      const fails = snapshot.breaker !== undefined || snapshot.start !== undefined;
      expect(said.get('Healthy')?.status).toBe(fails ? 'False' : 'True');
    });
  });

  test('unknown demand is reported by all conditions of a group or by none', () => {
    holds((snapshot, said) => {
      const { unknown } = snapshot;
      expect(said.get('PressureKnown')?.status).toBe(unknown === undefined ? 'True' : 'False');
      if (unknown === undefined) expect(said.get('Progressing')?.reason).not.toBe('DemandUnknown');
    });
  });

  test('every condition of a group is valid, uses the right plural, and contains no duration that would soon be wrong', () => {
    holds((snapshot) => {
      const all = conditionsOf(findingsOf(snapshot), undefined, '2026-01-01T00:00:00Z', 1);
      for (const each of all) {
        condition.parse(each);
        expect(each.message).not.toMatch(/\b1 (pilots|more pilots)\b|\bfor \d+[smh]\b|\bin \d+[smh]\b/);
      }
    });
  });
});

test('a group stopped by its breaker says so, and not that it has as many pilots as wanted', () => {
  const breaker = '5 pilots in a row failed to start; the next is tried at 2026-01-01T00:00:00Z';
  const said = named({ ...well, wanted: 15, working: 0, breaker });
  expect(said.get('Progressing')).toMatchObject({ status: 'False', reason: 'BreakerOpen', message: breaker });
  expect(said.get('Ready')).toMatchObject({ status: 'False', reason: 'BreakerOpen' });
});

test('a suspended group says what to write to resume it', () => {
  expect(named({ ...well, suspended: true }).get('Ready')).toMatchObject({
    status: 'False',
    reason: 'Suspended',
    message: 'The group is suspended: set suspend: false to get pilots',
  });
});
