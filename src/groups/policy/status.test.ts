import { expect, test } from 'vitest';
import { pressurePolicySpec, pressurePolicyStatus } from '#api/pressure-policy.ts';
import { pressure } from '#pressure/pressure.ts';
import { groupOf, jobsOf, known, policyOf } from '#testing/pressure-world.ts';
import type { PolicyResource } from '../cluster/resources.ts';
import { policyStatus } from './status.ts';

const now = '2026-01-01T00:00:00Z';
const policy: PolicyResource = {
  metadata: { name: 'p', namespace: 'hep', generation: 3 },
  spec: pressurePolicySpec.parse({}),
};
const condition = (type: string, status: string, reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: now,
  observedGeneration: 3,
});

test('the status of a policy says what it counted, what it decided and when', () => {
  const demand = known([jobsOf(5, { cpus: 2 }), jobsOf(2, { cpus: 64 })]);
  const decision = pressure(demand, [groupOf('hello', { cpus: 4 })], policyOf({}), undefined);
  const decided = new Map([['hep/main', decision]]) as never;
  const status = pressurePolicyStatus.parse(policyStatus({ policy, groups: 1, decided, unknown: [], now }));
  expect(status).toEqual({
    observedGeneration: 3,
    groups: 1,
    jobs: 7,
    unrunnable: 2,
    wanted: 3,
    decision: expect.stringContaining('3 more pilots'),
    decidedAt: now,
    conditions: [
      condition('Ready', 'True', 'Decides', 'The policy decides'),
      condition('DemandKnown', 'True', 'PoolsAnswer', 'Every pool says which jobs wait'),
    ],
  });
});

test('the status of a policy that cannot decide says why, and which pool’s demand is unknown', () => {
  const facts = { policy, groups: 2, decided: { problem: 'it has no group' }, now };
  const status = policyStatus({ ...facts, unknown: [{ pool: 'hep/main', reason: 'it restarts' }] });
  expect(status).toMatchObject({
    groups: 2,
    decision: 'it has no group',
    conditions: [
      { type: 'Ready', status: 'False', reason: 'CannotDecide', message: 'it has no group' },
      {
        type: 'DemandKnown',
        status: 'False',
        reason: 'PoolUnknown',
        message: expect.stringContaining('restarts'),
      },
    ],
  });
});
