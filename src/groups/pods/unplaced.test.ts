import { expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { Pod } from '#kube/resource.ts';
import { unplaced } from './unplaced.ts';

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

it('tells what the scheduler misses', () => {
  const waiting = pod('0/1 nodes are available: 1 Insufficient cpu.');
  expect(unplaced([{ name: 'hello-0', phase: 'Unscheduled', pod: waiting }], cures)).toEqual({
    reason: 'NodesTooFull',
    message:
      'hello-0 has no node: 0/1 nodes are available: 1 Insufficient cpu; wait, add nodes, or make pilots that ask for less cpu',
  });
});

it('says nothing of pilots with a node, nor before the scheduler has looked', () => {
  expect(unplaced([{ name: 'hello-0', phase: 'Starting', pod: pod('old news') }], cures)).toBeUndefined();
  expect(unplaced([{ name: 'hello-0', phase: 'Unscheduled', pod: pod() }], cures)).toBeUndefined();
});
