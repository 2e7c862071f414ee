import { expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { Pod } from '#kube/resource.ts';
import { firstUnscheduled } from './snapshot.ts';

const spec = glideinGroupSpec.parse({
  poolRef: { name: 'p' },
  replicas: 1,
  pilot: { cpus: 1, memory: '1Gi' },
});
const cures = { namespace: 'hello', spec, seccompProfile: undefined };

const pod = (message?: string): Pod => ({
  metadata: { name: 'hello-0', namespace: 'hello', uid: 'u' },
  status: {
    conditions: [{ type: 'PodScheduled', status: 'False', ...(message === undefined ? {} : { message }) }],
  },
});

it('the first pilot that the scheduler has turned down explains why pilots do not come', () => {
  const old = { name: 'hello-0', phase: 'Starting' as const, pod: pod('old news') };
  const fresh = { name: 'hello-1', phase: 'Unscheduled' as const, pod: pod() };
  expect(firstUnscheduled([old], cures)).toBeUndefined();
  expect(firstUnscheduled([fresh], cures)).toBeUndefined();
  const waiting = { name: 'hello-2', phase: 'Unscheduled' as const, pod: pod('1 Insufficient cpu.') };
  expect(firstUnscheduled([old, fresh, waiting], cures)).toEqual({
    reason: 'NodesTooFull',
    message: 'hello-2 has no node: 1 Insufficient cpu; wait, add nodes, or make pilots ask for less cpu',
  });
});
