import { describe, expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { writtenOrder } from '#spec/pilot-order.ts';
import type { GroupResource } from '../cluster/resources.ts';
import { pilotPod, probePod } from './build.ts';
import { podDigest } from './digest.ts';
import type { IsolationTier } from './security.ts';

const settings = { site: 'here', image: 'example.org/glidein:1' };

function orderOf(spec: object = {}, tier: IsolationTier = 'Shared') {
  const whole = glideinGroupSpec.parse({
    poolRef: { name: 'main' },
    replicas: 1,
    pilot: { cpus: 4, memory: '8Gi', disk: '20Gi' },
    ...spec,
  });
  const group: GroupResource = { metadata: { name: 'big', namespace: 'hep', uid: 'u-1' }, spec: whole };
  return { group, spec: whole, poolUrl: 'https://main-pool.hep.svc:9618', tier, settings };
}

describe('pilotPod', () => {
  const { metadata, spec } = pilotPod('big-7', orderOf());
  const container = spec!.containers![0]!;

  it('a pilot’s pod belongs to its group and carries an order that the pilot understands', () => {
    expect(metadata).toMatchObject({
      name: 'big-7',
      namespace: 'hep',
      labels: {
        'app.kubernetes.io/managed-by': 'glidein',
        'app.kubernetes.io/component': 'pilot',
        'glidein.dev/group': 'big',
      },
      ownerReferences: [{ kind: 'GlideinGroup', uid: 'u-1', controller: true, blockOwnerDeletion: false }],
    });
    const order = writtenOrder.parse(JSON.parse(metadata!.annotations!['glidein.dev/order']!));
    expect(order).toMatchObject({ name: 'big-7', group: 'big', site: 'here', spec: { cpus: 4 } });
    expect(order.uid).toBeUndefined();
    expect(order.spec).toEqual(orderOf().spec.pilot);
    const seen = container.volumeMounts!.map(({ mountPath }) => mountPath);
    for (const path of [order.pool.tokenFile, order.pool.caFile!, order.directory, order.cacheDirectory]) {
      expect(seen.some((mount) => path.startsWith(`${mount}/`))).toBe(true);
    }
  });

  it('an order names no field that nobody has set, so that an older pilot can read it', () => {
    expect(JSON.parse(metadata!.annotations!['glidein.dev/order']!)).toMatchObject({
      spec: { cpus: 4, memory: '8Gi', disk: '20Gi' },
    });
    expect(metadata!.annotations!['glidein.dev/order']).not.toMatch(/services|runtime|lifetimes/);
  });

  it('a pilot is told the images of waiting jobs, which do not make its pod differ from what its group says', () => {
    const order = orderOf();
    const { annotations } = pilotPod('big-7', { ...order, images: ['docker://debian:12'] }).metadata!;
    expect(JSON.parse(annotations!['glidein.dev/order']!)).toMatchObject({
      spec: { runtime: { images: { prepare: ['docker://debian:12'] } } },
    });
    expect(annotations!['glidein.dev/digest']).toBe(podDigest(order));
  });

  it('a pilot’s pod and its probe limit cores where the group says so, for quotas that count limits.cpu', () => {
    const order = orderOf({ template: { resources: { cpuLimit: '6' } } });
    for (const pod of [pilotPod('big-7', order), probePod('big-probe', order)]) {
      expect(pod.spec!.containers![0]!.resources!.limits).toMatchObject({ cpu: '6' });
    }
    expect(container.resources!.limits).not.toHaveProperty('cpu');
  });

  it('a pilot’s pod has no privilege that Apptainer does not need', () => {
    expect(spec).toMatchObject({
      serviceAccountName: 'glidein-pilot',
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 45,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'Unconfined' } },
    });
    expect(spec!.hostUsers).toBeUndefined();
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
  });

  it('a pilot’s pod requests what the pilot offers and its overhead', () => {
    const disk = String(24 * 2 ** 30 + 1088 * 2 ** 20);
    const memory = String(8 * 2 ** 30 + 256 * 2 ** 20);
    expect(container.resources).toEqual({
      requests: { cpu: '4100m', memory, 'ephemeral-storage': disk },
      limits: { memory, 'ephemeral-storage': disk },
    });
  });

  it('a pilot’s pod mounts only the volumes that it is meant to', () => {
    expect(spec!.volumes).toMatchSnapshot();
  });
});

it('a pilot’s pod has its own user namespace in the better isolation, and the operator’s seccomp profile', () => {
  const order = { ...orderOf({}, 'UserNamespace'), settings: { ...settings, seccompProfile: 'pilot.json' } };
  const { spec } = pilotPod('big-0', order);
  expect(spec).toMatchObject({
    hostUsers: false,
    securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'pilot.json' } },
    containers: [{ securityContext: { procMount: 'Unmasked' } }],
  });
});

it('a pod whose payloads have no containers needs no more than the restricted standard allows', () => {
  const pilot = { cpus: 4, memory: '8Gi', runtime: { mode: 'Direct' } };
  const { spec } = pilotPod('big-0', orderOf({ pilot }, 'Shared'));
  expect(spec?.securityContext?.seccompProfile).toEqual({ type: 'RuntimeDefault' });
});

it('a pilot’s pod takes what a group may set, and nothing of it replaces the operator’s own fields', () => {
  const template = {
    metadata: { labels: { team: 'x' }, annotations: { a: 'b', 'glidein.dev/order': 'mine' } },
    spec: {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      priorityClassName: 'low',
      volumes: [
        { name: 'cvmfs', cvmfs: {} },
        { name: 'data', persistentVolumeClaim: { claimName: 'd' } },
      ],
      volumeMounts: [
        { name: 'cvmfs', mountPath: '/cvmfs', mountPropagation: 'HostToContainer' },
        { name: 'data', mountPath: '/data' },
      ],
    },
  };
  const pilot = { cpus: 1, memory: '1Gi', gpus: 2 };
  const { metadata, spec } = pilotPod('big-0', orderOf({ template, pilot, image: 'example.org/own:2' }));
  expect(metadata!.labels).toMatchObject({ team: 'x', 'glidein.dev/group': 'big' });
  expect(metadata!.annotations!['glidein.dev/order']).toContain('"name":"big-0"');
  expect(spec).toMatchObject({ nodeSelector: { disk: 'ssd' }, priorityClassName: 'low' });
  expect(spec!.volumes![0]).toEqual({ name: 'cvmfs', hostPath: { path: '/cvmfs', type: 'Directory' } });
  const [container] = spec!.containers!;
  expect(container!.image).toBe('example.org/own:2');
  expect(container!.resources!.limits).toMatchObject({ 'nvidia.com/gpu': '2' });
  expect(container!.volumeMounts!.slice(0, 2)).toMatchObject([{ readOnly: true }, { readOnly: false }]);
});

it('a probe pod is a small copy of a pilot’s pod', () => {
  const { metadata, spec } = probePod('big-probe', orderOf({}, 'UserNamespace'));
  expect(metadata!.labels).toMatchObject({ 'app.kubernetes.io/component': 'probe' });
  expect(spec!.containers![0]!.args).toContain('--probe-only');
  expect(spec!.containers![0]!.resources!.requests).toMatchObject({ cpu: '100m' });
});

it('the digest of a pod changes when, and only when, the pod would', () => {
  const digest = podDigest(orderOf());
  expect(podDigest(orderOf({ limits: { maxPilots: 3 }, suspend: true }))).toBe(digest);
  const order = orderOf();
  const elsewhere = { ...order.settings, namespaces: ['n'], account: { namespace: 'n', name: 'o' } };
  expect(podDigest({ ...order, settings: elsewhere })).toBe(digest);
  expect(podDigest({ ...order, settings: { ...order.settings, site: 'other' } })).not.toBe(digest);
  expect(podDigest(orderOf({ image: 'other' }))).not.toBe(digest);
  expect(podDigest(orderOf({ pilot: { cpus: 5, memory: '8Gi' } }))).not.toBe(digest);
});

it('a pod with a hard envelope has a deadline of its own, in case its pilot does not leave', () => {
  const specOf = (lifetimes: object) =>
    pilotPod('big-7', orderOf({ pilot: { cpus: 4, memory: '8Gi', disk: '20Gi', lifetimes } })).spec!;
  expect(specOf({ maxWalltime: '24h' }).activeDeadlineSeconds).toBe(86_400);
  expect(specOf({}).activeDeadlineSeconds).toBeUndefined();
});

it('a pilot can read the notice that its pod has in an annotation', () => {
  const { metadata, spec } = pilotPod('big-7', orderOf());
  const { noticeFile } = JSON.parse(metadata!.annotations!['glidein.dev/order']!) as { noticeFile: string };
  expect(noticeFile).toBe('/etc/glidein/order/end-by');
  expect(spec!.volumes!.find(({ name }) => name === 'glidein-order')!.downwardAPI!.items).toContainEqual({
    path: 'end-by',
    fieldRef: { fieldPath: "metadata.annotations['glidein.dev/end-by']" },
  });
});

it('a pod that is deleted has time for its payloads’ grace and for reporting how they ended', () => {
  const secondsOf = (grace: string) =>
    pilotPod('big-7', orderOf({ pilot: { cpus: 4, memory: '8Gi', disk: '20Gi', lifetimes: { grace } } }))
      .spec!.terminationGracePeriodSeconds!;
  expect(secondsOf('90s') - secondsOf('10s')).toBe(80);
  expect(secondsOf('10s')).toBeGreaterThan(10);
});

it('a pod that is deleted has time for its services to end, after its payloads', () => {
  const secondsOf = (services: readonly object[]) =>
    pilotPod('big-7', orderOf({ pilot: { cpus: 4, memory: '8Gi', disk: '20Gi', services } })).spec!
      .terminationGracePeriodSeconds!;
  const service = (name: string, grace: string) => ({ name, image: 'i', stop: { grace } });
  expect(secondsOf([service('a', '20s'), service('b', '60s')]) - secondsOf([])).toBe(60);
});

it('a pilot is told its node, which its slot names: in a pod the host’s name is that of the pod', () => {
  const { spec } = pilotPod('big-7', orderOf());
  expect(spec!.containers![0]!.env).toContainEqual({
    name: 'GLIDEIN_NODE_NAME',
    valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } },
  });
});

describe('the pod of an operator that makes spans', () => {
  const tracing = [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://collector:4318' }];
  const order = { ...orderOf(), settings: { ...settings, tracing } };
  const trace = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
  const environmentOf = ({ spec }: ReturnType<typeof pilotPod>) => spec!.containers![0]!.env;

  it('has its span in an annotation, which its pilot finds in its environment', () => {
    const pod = pilotPod('big-7', order, trace);
    expect(pod.metadata!.annotations).toMatchObject({
      'glidein.dev/traceparent': '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect(environmentOf(pod)).toEqual(expect.arrayContaining(tracing));
    expect(environmentOf(pod)).toContainEqual({
      name: 'TRACEPARENT',
      valueFrom: { fieldRef: { fieldPath: "metadata.annotations['glidein.dev/traceparent']" } },
    });
  });

  it('is as any other if the operator makes none', () => {
    const pod = pilotPod('big-7', orderOf());
    expect(pod.metadata!.annotations).not.toHaveProperty(['glidein.dev/traceparent']);
    expect(JSON.stringify(environmentOf(pod))).not.toMatch(/OTEL|TRACEPARENT/);
  });
});
