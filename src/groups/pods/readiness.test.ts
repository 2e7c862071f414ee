import { expect, test } from 'vitest';
import type { PersistentVolumeClaim, Pod } from '#kube/resource.ts';
import { poolNames } from '../cluster/names.ts';
import { notReady, readiness } from './readiness.ts';

const names = poolNames({ namespace: 'atlas', name: 'main' });
const program = { name: 'pool', firstIt: 'is reading its store' } as const;

const now = Date.parse('2026-01-01T00:01:00Z');

type Status = NonNullable<Pod['status']>;
type ContainerStatus = NonNullable<Status['containerStatuses']>[number];

const pod = (status: Status, node: string | undefined = 'n1'): Pod => ({
  metadata: { name: names.pod, namespace: 'atlas', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { containers: [], ...(node === undefined ? {} : { nodeName: node }) },
  status,
});

const unscheduled = (message: string): Pod => ({
  ...pod({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] }),
  spec: { containers: [] },
});

const withContainer = (status: Partial<ContainerStatus>): Pod =>
  pod({
    containerStatuses: [
      { name: 'pool', image: 'a/b:c', imageID: '', ready: false, restartCount: 0, ...status },
    ],
  });

const claim = (phase: string, storageClassName?: string): PersistentVolumeClaim => ({
  metadata: { name: names.claim },
  spec: storageClassName === undefined ? {} : { storageClassName },
  status: { phase },
});

const cases: [
  what: string,
  pod: Pod | undefined,
  claim: PersistentVolumeClaim | undefined,
  expected: object,
][] = [
  ['no pod', undefined, undefined, { status: 'False', reason: 'NoPod' }],
  [
    'a claim without a volume',
    unscheduled('waiting for a volume to be created'),
    claim('Pending', 'fast'),
    {
      reason: 'VolumePending',
      message:
        'the claim data-main-pool-0 has no volume yet, of the class fast: waiting for a volume to be created',
    },
  ],
  [
    'no storage class',
    unscheduled('unbound immediate PersistentVolumeClaims'),
    claim('Pending'),
    { reason: 'VolumePending', message: expect.stringContaining('the cluster has no default storage class') },
  ],
  [
    'no node large enough',
    unscheduled('0/3 nodes are available: 3 Insufficient memory.'),
    claim('Bound', 'fast'),
    { reason: 'Unscheduled', message: expect.stringContaining('3 Insufficient memory') },
  ],
  [
    'a claim that only waits for the pod',
    unscheduled('0/1 nodes are available: 1 Insufficient cpu.'),
    claim('Pending', 'fast'),
    { reason: 'Unscheduled', message: 'no node takes the pod: 0/1 nodes are available: 1 Insufficient cpu.' },
  ],
  ['a node, no container', pod({}), undefined, { status: 'False', reason: 'Starting' }],
  [
    'an image that is not there',
    withContainer({ state: { waiting: { reason: 'ImagePullBackOff', message: 'a/b:c: not found' } } }),
    undefined,
    { reason: 'ImagePull', message: 'the image a/b:c cannot be pulled: a/b:c: not found' },
  ],
  [
    'crashes, with the last message',
    withContainer({
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
      lastState: { terminated: { exitCode: 8, reason: 'Error', message: 'one\nthe disk is full\n' } },
    }),
    undefined,
    {
      reason: 'Crashed',
      message: 'the pool ended with exit code 8 (Error), 3 restarts; its last message was: the disk is full',
    },
  ],
  [
    'a Secret that is missing',
    withContainer({
      state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "x" not found' } },
    }),
    undefined,
    { reason: 'CannotStart', message: 'CreateContainerConfigError: secret "x" not found' },
  ],
  [
    'a store that is being read',
    withContainer({ state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }),
    undefined,
    { status: 'False', reason: 'NotServing' },
  ],
  [
    'a pool that serves',
    pod({ conditions: [{ type: 'Ready', status: 'True' }] }),
    undefined,
    { status: 'True', reason: 'Serving' },
  ],
];

test.each(cases)('the readiness of a pool explains %s', (_, found, volume, expected) => {
  expect(readiness({ program, names, pod: found, claim: volume }, now)).toMatchObject({
    type: 'Ready',
    ...expected,
  });
});

test('a pool whose pod is ending is not ready, whatever the pod’s conditions say', () => {
  const ready = pod({ conditions: [{ type: 'Ready', status: 'True' }] });
  const ending = { ...ready, metadata: { ...ready.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  expect(readiness({ program, names, pod: ending, claim: undefined }, now)).toMatchObject({
    status: 'False',
    reason: 'Restarting',
  });
});

test('a pool whose pod the scheduler has just received raises no warning', () => {
  const early = Date.parse('2026-01-01T00:00:05Z');
  const workload = { program, names, pod: unscheduled('no nodes available'), claim: undefined };
  const finding = readiness(workload, early);
  expect(finding.reason).toBe('Scheduling');
  expect(notReady(finding).type).toBe('Normal');
  expect(notReady(readiness(workload, now)).type).toBe('Warning');
});

test('a crash whose log ends in kilobytes of JSON is described in one sentence', () => {
  const words = JSON.stringify({
    level: 60,
    err: { message: 'database or disk is full', stack: 'at x\n'.repeat(500) },
    msg: 'the pool has failed',
  });
  const crashed = withContainer({
    restartCount: 1,
    lastState: { terminated: { exitCode: 8, message: words } },
  });
  expect(readiness({ program, names, pod: crashed, claim: undefined }, now).message).toBe(
    'the pool ended with exit code 8, 1 restart; its last message was: the pool has failed: database or disk is full',
  );
});
