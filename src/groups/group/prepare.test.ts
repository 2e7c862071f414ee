import { expect, test } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { Informers } from '../cluster/informers.ts';
import type { GroupResource, PolicyResource, PoolResource } from '../cluster/resources.ts';
import { faultOfGroup } from './prepare.ts';

const current = {
  group: { metadata: { namespace: 'ns', name: 'g' } } as GroupResource,
  spec: glideinGroupSpec.parse({
    poolRef: { name: 'p' },
    pressurePolicyRef: { name: 'q' },
    pilot: { cpus: 1, memory: '1Gi' },
  }),
  fault: undefined,
  pool: { status: { address: 'https://pool' } } as PoolResource,
  poolName: 'ns/p',
};

const withPolicy = (spec: object) => {
  const store = { get: () => ({ spec }) as PolicyResource };
  return faultOfGroup(current, { policies: { store } } as unknown as Pick<Informers, 'policies'>);
};

test('a group whose policy this version cannot read says why it is not ready', () => {
  const fault = withPolicy({ strategy: 'Classic' });
  expect(fault?.reason).toBe('PolicyInvalid');
  expect(fault?.message).toMatch(
    /^The PressurePolicy ns\/q cannot decide: spec\.strategy: [^\n{]*Packing[^\n{]*$/,
  );
});

test('a policy with an older version’s default fields still decides', () => {
  expect(withPolicy({ strategy: 'Packing', classic: { reserve: 1 } })).toBeUndefined();
});
