import { expect, test } from 'vitest';
import type { PolicyResource } from '../cluster/resources.ts';
import type { GroupContext } from './context.ts';
import { faultOfGroup } from './readiness.ts';

const withPolicy = (spec: object) =>
  ({
    pool: { status: { address: 'https://pool' } },
    poolName: 'ns/p',
    group: { metadata: { namespace: 'ns', name: 'g' } },
    spec: { pressurePolicyRef: { name: 'q' } },
    parts: { informers: { policies: { store: { get: () => ({ spec }) as PolicyResource } } } },
  }) as unknown as GroupContext;

test('a group whose policy this version cannot read is not Ready without a word', () => {
  const fault = faultOfGroup(withPolicy({ strategy: 'Classic' }));
  expect(fault?.reason).toBe('PolicyInvalid');
  expect(fault?.message).toMatch(
    /^The PressurePolicy ns\/q cannot decide: spec\.strategy: [^\n{]*Packing[^\n{]*$/,
  );
});

test('a policy with defaults of an older version’s fields decides', () => {
  expect(faultOfGroup(withPolicy({ strategy: 'Packing', classic: { reserve: 1 } }))).toBeUndefined();
});
