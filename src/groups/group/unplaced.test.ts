import { expect, it } from 'vitest';
import type { Pod } from '#kube/resource.ts';
import { unplaced } from './unplaced.ts';

const pod = (message?: string): Pod => ({
  metadata: { name: 'hello-0', namespace: 'hello', uid: 'u' },
  status: {
    conditions: [{ type: 'PodScheduled', status: 'False', ...(message === undefined ? {} : { message }) }],
  },
});

it('tells what the scheduler misses', () => {
  const waiting = pod('0/1 nodes are available: 1 Insufficient cpu.');
  expect(unplaced([{ name: 'hello-0', phase: 'Unscheduled', pod: waiting }])).toBe(
    'hello-0 has no node: 0/1 nodes are available: 1 Insufficient cpu.',
  );
});

it('says nothing of pilots with a node, nor before the scheduler has looked', () => {
  expect(unplaced([{ name: 'hello-0', phase: 'Starting', pod: pod('old news') }])).toBeUndefined();
  expect(unplaced([{ name: 'hello-0', phase: 'Unscheduled', pod: pod() }])).toBeUndefined();
});
