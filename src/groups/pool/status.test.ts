import { expect, test } from 'vitest';
import { glideinPoolSpec, glideinPoolStatus } from '#api/glidein-pool.ts';
import type { PoolResource } from '../cluster/resources.ts';
import { type Inspected, nextStatus } from './status.ts';

const wall = Date.parse('2026-01-01T00:00:00Z');
const inspected: Inspected = {
  address: 'https://main-pool.atlas.svc:9618',
  conditions: [{ type: 'Ready', status: 'True', reason: 'Serving', message: 'the pool serves' }],
  counts: {
    jobs: { idle: 1, running: 2, held: 3, completed: 4 },
    slots: { total: 18, idle: 5, claimed: 6, draining: 7 },
  },
};

const pool = (status?: PoolResource['status']): PoolResource => ({
  metadata: { name: 'main', namespace: 'atlas', generation: 2 },
  spec: glideinPoolSpec.parse({ type: 'Embedded' }),
  ...(status === undefined ? {} : { status }),
});

test('the status of a pool fits its schema and says all that was found out', () => {
  const status = glideinPoolStatus.parse(nextStatus(pool(), inspected, wall));
  expect(status).toEqual({
    observedGeneration: 2,
    conditions: [
      {
        ...inspected.conditions[0],
        observedGeneration: 2,
        lastTransitionTime: '2026-01-01T00:00:00.000Z',
      },
    ],
    address: inspected.address,
    ...inspected.counts,
    lastAnswer: '2026-01-01T00:00:00.000Z',
  });
});

test('the status of a pool is written only when it has changed', () => {
  const first = nextStatus(pool(), inspected, wall);
  expect(first).toBeDefined();
  expect(nextStatus(pool(first), inspected, wall + 15_000)).toBeUndefined();
});

test('the status of a pool that answers never shows an answer older than half a minute', () => {
  const first = nextStatus(pool(), inspected, wall);
  const later = nextStatus(pool(first), inspected, wall + 30_000);
  expect(later?.lastAnswer).toBe('2026-01-01T00:00:30.000Z');
});

test('the status of a silent pool keeps no numbers but the time of its last answer', () => {
  const first = nextStatus(pool(), inspected, wall);
  const { counts: _, ...silent } = inspected;
  const later = nextStatus(pool(first), silent, wall + 60_000);
  expect(later?.jobs).toBeUndefined();
  expect(later?.lastAnswer).toBe(first?.lastAnswer);
});

test('a condition of a pool keeps its time while its status stays', () => {
  const first = nextStatus(pool(), inspected, wall);
  const same = {
    ...inspected,
    conditions: [{ type: 'Ready', status: 'True', reason: 'Other', message: '' }],
  } as const;
  const later = nextStatus(pool(first), same, wall + 60_000);
  expect(later?.conditions?.[0]).toMatchObject({
    reason: 'Other',
    lastTransitionTime: '2026-01-01T00:00:00.000Z',
  });
});
