import { expect, test } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { podTemplate } from '#api/pod-template.ts';
import { type SchemaNode, structuralSchema } from '#api/structural.ts';
import type { GroupResource } from '../cluster/resources.ts';
import { pilotPod } from './build.ts';

const requirement = (operator: string) => ({ key: 'zone', operator, values: ['a', 'b'] });
const selector = { matchLabels: { app: 'x' }, matchExpressions: [requirement('In')] };
const nodeTerm = { matchExpressions: [requirement('NotIn')], matchFields: [requirement('Gt')] };
const podTerm = { labelSelector: selector, topologyKey: 'rack' };
const podAffinity = {
  requiredDuringSchedulingIgnoredDuringExecution: [podTerm],
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 7, podAffinityTerm: podTerm }],
};

const placement = {
  nodeSelector: { disk: 'ssd' },
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [nodeTerm] },
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 3, preference: nodeTerm }],
    },
    podAffinity,
    podAntiAffinity: podAffinity,
  },
  tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoExecute', tolerationSeconds: 60 }],
  topologySpreadConstraints: [
    { maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: selector },
  ],
  priorityClassName: 'low',
  runtimeClassName: 'kata',
  schedulerName: 'volcano',
  imagePullSecrets: [{ name: 'registry' }],
};

const volumes = [
  { name: 'a', emptyDir: { sizeLimit: '2Gi', medium: 'Memory' } },
  { name: 'b', configMap: { name: 'settings' } },
  { name: 'c', secret: { secretName: 'key' } },
  { name: 'd', persistentVolumeClaim: { claimName: 'data', readOnly: true } },
  { name: 'e', csi: { driver: 'csi.example.org', readOnly: false, volumeAttributes: { share: 's' } } },
];
const nodeVolumes = [
  { name: 'f', image: { reference: 'example.org/files:1' } },
  { name: 'g', cvmfs: { path: '/cvmfs/atlas.cern.ch' } },
];
const volumeMounts = [
  { name: 'd', mountPath: '/data', subPath: 'mine', readOnly: true, mountPropagation: 'HostToContainer' },
];

const template = {
  metadata: { labels: { team: 'x' }, annotations: { note: 'y' } },
  spec: { ...placement, volumes: [...volumes, ...nodeVolumes], volumeMounts },
  resources: {
    cpuRequest: 1,
    cpuLimit: 6,
    overheadCpu: '300m',
    overheadMemory: '1Gi',
    gpuResource: 'amd.com/gpu',
    fuseResource: 'example.org/fuse',
  },
};

const whole = glideinGroupSpec.parse({
  poolRef: { name: 'main' },
  replicas: 1,
  pilot: { cpus: 4, memory: '8Gi', gpus: 2 },
  template,
});
const group: GroupResource = { metadata: { name: 'big', namespace: 'hep', uid: 'u' }, spec: whole };
const settings = { site: 'here', image: 'example.org/glidein:1' };
const pod = pilotPod('big-1', { group, spec: whole, poolUrl: 'https://p', tier: 'Shared', settings });
const [container] = pod.spec?.containers ?? [];

/** The fields of a schema that none of the values has. */
function unwritten(node: SchemaNode, values: readonly unknown[], path = ''): string[] {
  if (values.length === 0) return [path];
  if (node.items) return unwritten(node.items, values.flat(), `${path}[]`);
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const inside = values.map((value) => (value as Record<string, unknown>)[name]);
    return unwritten(
      child,
      inside.filter((value) => value !== undefined),
      `${path}.${name}`,
    );
  });
}

test('the template of these tests sets every field that a template has', () => {
  expect(unwritten(structuralSchema(podTemplate), [template])).toEqual([]);
});

test('a pod takes where it may run from the template unchanged', () => {
  expect(pod.spec).toMatchObject(placement);
});

test('a pod has the volumes of its template, with images and CVMFS translated for Kubernetes', () => {
  expect(pod.spec?.volumes?.slice(0, 7)).toEqual([
    ...volumes,
    { name: 'f', image: { reference: 'example.org/files:1', pullPolicy: 'IfNotPresent' } },
    { name: 'g', hostPath: { path: '/cvmfs/atlas.cern.ch', type: 'Directory' } },
  ]);
  expect(container?.volumeMounts?.[0]).toEqual(volumeMounts[0]);
});

test('a pod has the labels and annotations of its template', () => {
  expect(pod.metadata?.labels).toMatchObject(template.metadata.labels);
  expect(pod.metadata?.annotations).toMatchObject(template.metadata.annotations);
});

test('a pod requests the resources that the template adds to, or puts in place of, its pilot’s size', () => {
  expect(container?.resources).toMatchObject({
    requests: { cpu: '1300m', memory: String(9 * 2 ** 30), 'amd.com/gpu': '2', 'example.org/fuse': '1' },
    limits: { cpu: '6', memory: String(9 * 2 ** 30), 'amd.com/gpu': '2', 'example.org/fuse': '1' },
  });
});

test('a pod keeps away from bad nodes, whichever of the template’s terms it meets, or where there are none', () => {
  const away = (node: string) => ({ key: 'metadata.name', operator: 'NotIn', values: [node] });
  const podAway = (spec: typeof whole) =>
    pilotPod('big-1', { group, spec, poolUrl: 'https://p', tier: 'Shared', avoided: ['n1', 'n2'], settings })
      .spec?.affinity;
  expect(podAway(whole)).toEqual({
    ...placement.affinity,
    nodeAffinity: {
      ...placement.affinity.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ ...nodeTerm, matchFields: [requirement('Gt'), away('n1'), away('n2')] }],
      },
    },
  });
  expect(podAway({ ...whole, template: podTemplate.parse(undefined) })).toEqual({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [away('n1'), away('n2')] }],
      },
    },
  });
});

test('the kubelet mounts the images that a group wants mounted, or the part of them that it names', () => {
  const digest = `ghcr.io/org/el9@sha256:${'0'.repeat(64)}`;
  const images = { volumes: [{ name: 'el9', reference: digest, subPath: 'root' }] };
  const spec = glideinGroupSpec.parse({ ...whole, pilot: { ...whole.pilot, runtime: { images } } });
  const { volumes: made, containers } =
    pilotPod('big-1', { group, spec, poolUrl: 'https://p', tier: 'Shared', settings }).spec ?? {};
  expect(made).toContainEqual({
    name: 'glidein-image-el9',
    image: { reference: digest, pullPolicy: 'IfNotPresent' },
  });
  expect(containers?.[0]?.volumeMounts).toContainEqual({
    name: 'glidein-image-el9',
    mountPath: '/opt/glidein/volumes/el9',
    subPath: 'root',
    readOnly: true,
  });
});
