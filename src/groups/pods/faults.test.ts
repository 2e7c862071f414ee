import { describe, expect, test } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { Pod } from '#kube/resource.ts';
import { refusalFault, schedulingFault, startFault, whyUnscheduled } from './faults.ts';

const spec = glideinGroupSpec.parse({
  poolRef: { name: 'p' },
  replicas: 1,
  pilot: { cpus: 1, memory: '1Gi' },
});
const context = { namespace: 'atlas', spec, seccompProfile: undefined };
const withSecret = glideinGroupSpec.parse({
  ...spec,
  template: { spec: { imagePullSecrets: [{ name: 'regcred' }] } },
});

describe('a cure fits its fault', () => {
  test.each([
    [
      'pods "g-0" is forbidden: no PriorityClass with name low was found',
      'PriorityClassMissing',
      'create the PriorityClass low',
    ],
    [
      'pods "g-0" is forbidden: exceeded quota: rq, requested: pods=1, used: pods=2, limited: pods=2',
      'QuotaExhausted',
      'raise the ResourceQuota rq',
    ],
    [
      'pods "g-0" is forbidden: failed quota: cq: must specify limits.cpu for: pilot',
      'QuotaNeedsLimits',
      'cpuLimit',
    ],
    [
      'pods "g-0" is forbidden: violates PodSecurity "baseline:latest": seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
      'PodSecurity',
      'pod-security.kubernetes.io/enforce=privileged on the namespace atlas, which enforces baseline',
    ],
    [
      'pods "g-0" is forbidden: pod rejected: RuntimeClass "gvisor" not found',
      'RuntimeClassMissing',
      'create the RuntimeClass gvisor',
    ],
    [
      'pods "g-0" is forbidden: unable to create new content in namespace x because it is being terminated',
      'NamespaceEnding',
      'another one',
    ],
    [
      'pods "g-0" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
      'LimitRange',
      'LimitRange of the namespace',
    ],
    ['admission webhook "kyverno.svc" denied the request: no', 'AdmissionDenied', 'kyverno.svc'],
  ])('the refusal "%s" is answered with its cure', (words, reason, cure) => {
    const fault = refusalFault(words, context);
    expect(fault.reason).toBe(reason);
    expect(fault.message).toContain(cure);
  });

  test.each([
    [
      'ErrImagePull',
      'failed to pull: unexpected status from HEAD request: 401 Unauthorized',
      'ImagePullDenied',
    ],
    ['ImagePullBackOff', 'Back-off pulling image "x": not found', 'ImageMissing'],
    ['ErrImageNeverPull', 'Container image "x" is not present with pull policy of Never', 'ImageMissing'],
    ['ImagePullBackOff', 'dial tcp: lookup registry: no such host', 'ImagePull'],
    ['ErrImagePull', 'no match for platform in manifest', 'ImagePlatform'],
    ['CreateContainerConfigError', 'secret "s" not found', 'ConfigMissing'],
    ['FailedMount', 'MountVolume.SetUp failed for volume "v": configmap "c" not found', 'ConfigMissing'],
    [
      'CreateContainerError',
      'cannot load seccomp profile "/var/lib/kubelet/seccomp/p.json": open: no such file or directory',
      'SeccompProfileMissing',
    ],
    [
      'FailedToRetrieveImagePullSecret',
      'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
      'PullSecretMissing',
    ],
  ])('the start error %s, "%s", is answered with its cure', (reason, message, expected) => {
    expect(startFault(reason, message, context).reason).toBe(expected);
  });

  test.each([
    ['0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available.', 'NodesTooFull'],
    ['0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: batch}.', 'NodesTainted'],
    ["0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", 'NoNodeFits'],
    ['persistentvolumeclaim "images" not found', 'ClaimMissing'],
    ['pod has unbound immediate PersistentVolumeClaims', 'ClaimPending'],
  ])('the scheduler’s message "%s" is answered with its cure', (words, expected) => {
    const fault = schedulingFault(words, context);
    expect(fault.reason).toBe(expected);
    expect(fault.message).not.toContain('preemption');
  });
});

test('a missing PriorityClass is not answered with advice on seccomp profiles', () => {
  const { message } = refusalFault(
    'pods "g-0" is forbidden: no PriorityClass with name low was found',
    context,
  );
  expect(message).not.toMatch(/seccomp|Unconfined/);
});

test('a denied image pull is answered with the Secrets that the group names', () => {
  const fault = startFault('ErrImagePull', 'pull access denied', { ...context, spec: withSecret });
  expect(fault.message).toContain('the Secret regcred in the namespace atlas');
});

test('an unknown fault is repeated in the cluster’s own words, no longer than a sentence', () => {
  const fault = refusalFault(`something ${'new '.repeat(1000)}`, context);
  expect(fault.reason).toBe('CreationRefused');
  expect(fault.message.length).toBeLessThanOrEqual(400);
});

const pod = (message?: string): Pod => ({
  metadata: { name: 'hello-0', namespace: 'hello', uid: 'u' },
  status: {
    conditions: [{ type: 'PodScheduled', status: 'False', ...(message === undefined ? {} : { message }) }],
  },
});

test('a pod without a node is explained by what the scheduler misses', () => {
  const waiting = pod('0/1 nodes are available: 1 Insufficient cpu.');
  expect(whyUnscheduled('hello-0', waiting, context)).toEqual({
    reason: 'NodesTooFull',
    message:
      'hello-0 has no node: 0/1 nodes are available: 1 Insufficient cpu; wait, add nodes, or make pilots ask for less cpu',
  });
});

test('a pod without a node is not explained before the scheduler has looked', () => {
  expect(whyUnscheduled('hello-0', pod(), context)).toBeUndefined();
});
