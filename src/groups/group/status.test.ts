import { expect, test } from 'vitest';
import { glideinGroupStatus } from '#api/glidein-group-status.ts';
import { type Phase, phases } from '#fleet/phase.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { GroupSnapshot } from './snapshot.ts';
import { groupStatus } from './status.ts';

const wall = Date.parse('2026-01-01T00:00:00Z');
const now = new Date(wall).toISOString();

/** What is seen of a pilot in each phase. */
const seen: Record<Phase, object> = {
  Unscheduled: { runtime: { state: 'Unscheduled' } },
  Pulling: { runtime: { state: 'Pulling' } },
  Starting: { runtime: { state: 'Starting' } },
  Validating: { runtime: { state: 'Running' } },
  Idle: { runtime: { state: 'Running' }, registered: 'Idle' },
  Busy: { runtime: { state: 'Running' }, registered: 'Busy' },
  Draining: { runtime: { state: 'Running' }, registered: 'Draining' },
  Gone: { runtime: { state: 'Ended', failed: false, reason: '' } },
  Failed: { runtime: { state: 'Ended', failed: true, reason: '' } },
};
/** Pilots of every phase, of each one more than of the phase before. */
const pilots = phases.flatMap((phase, index) =>
  Array.from({ length: index + 1 }, () => ({ phase, ...seen[phase] })),
);
const isolation = {
  tier: 'Shared',
  template: 'd1',
  node: 'amd64',
  provedAt: now,
  message: 'no user namespaces',
};
const group = { metadata: { name: 'big', namespace: 'hep', generation: 4 } } as GroupResource;
const planned = {
  pilots,
  demandInPilots: 11,
  decision: { wanted: 12 },
  plan: { reason: '12 jobs wait', limits: [{ name: 'limits.maxPilots', value: 9, count: 3 }] },
  breaker: { state: 'Probing', wait: 60_000 },
  reserved: { next: 8, ranges: [{ from: 6, to: 7 }] },
  isolation: { record: isolation },
} as unknown as Parameters<typeof groupStatus>[1];
const snapshot: GroupSnapshot = {
  suspended: false,
  blocker: undefined,
  refusal: undefined,
  breaker: undefined,
  start: undefined,
  unscheduled: undefined,
  lastFailure: undefined,
  avoided: [],
  isolation: '',
  pool: 'hep/main',
  unknown: undefined,
  wanted: 12,
  starting: 0,
  working: 12,
  limits: [],
};

test('the status of a group says what was found, counted and decided', () => {
  const { conditions, ...status } = glideinGroupStatus.parse(groupStatus(group, planned, snapshot, 2, wall));
  const counts = Object.fromEntries(phases.map((phase, index) => [phase.toLowerCase(), index + 1]));
  const of = (phase: Phase) => counts[phase.toLowerCase()] ?? 0;
  const all = pilots.length;
  expect(status).toEqual({
    observedGeneration: 4,
    replicas: all - of('Gone') - of('Failed'),
    selector: 'glidein.dev/group=big,app.kubernetes.io/component=pilot',
    demand: 11,
    wanted: 12,
    running: of('Validating') + of('Idle') + of('Busy') + of('Draining'),
    pilots: counts,
    decision: '12 jobs wait',
    decidedAt: now,
    limits: [{ name: 'limits.maxPilots', value: 9, count: 3 }],
    breaker: { state: 'Probing', failures: 2, probeAt: expect.stringMatching(/^2026-01-01T00:01:00/) },
    reservedNumbers: { next: 8, ranges: [{ from: 6, to: 7 }] },
    isolation,
  });
  expect(conditions?.find(({ type }) => type === 'Ready')).toEqual({
    type: 'Ready',
    status: 'True',
    reason: expect.stringMatching(/^\w+$/),
    message: expect.stringMatching(/\w \w/),
    lastTransitionTime: now,
    observedGeneration: 4,
  });
});
