import { expect, test } from 'vitest';
import { imageSetFields } from '#spec/image-set.ts';
import { imageSetOf } from '#testing/image-set-scene.ts';
import { publisherDocument } from './ensure-publisher.ts';
import { publisherStatefulSet } from './publisher-pod.ts';

const settings = { image: 'example.org/glidein:1', seccompProfile: 'glidein-pilot.json' };

function made(spec: object = {}) {
  const set = imageSetOf('s', spec);
  const { template, replicas } = publisherStatefulSet(set, set.spec, settings, 1).spec;
  const [container] = template.spec.containers;
  if (container === undefined) throw new Error('the pod has no container');
  return { replicas, pod: template.spec, container };
}

const arguments_ = (spec: object) => made(spec).container.args.join(' ');

test('the pod of a publisher satisfies the restricted Pod Security standard', () => {
  const { pod, container } = made();
  expect(pod).not.toHaveProperty('hostUsers');
  expect(pod.automountServiceAccountToken).toBe(false);
  expect(pod.securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  });
});

test('only a smoke test gives the pod of a publisher what Apptainer needs in a pilot', () => {
  const { pod, container } = made({ smokeTest: {} });
  expect(pod).toMatchObject({
    hostUsers: false,
    securityContext: {
      runAsNonRoot: true,
      seccompProfile: { type: 'Localhost', localhostProfile: 'glidein-pilot.json' },
    },
  });
  expect(container.securityContext).toMatchObject({ procMount: 'Unmasked', capabilities: { drop: ['ALL'] } });
});

test('the isolation of a publisher spares its smoke tests a user namespace, where volumes have none', () => {
  const { pod, container } = made({ smokeTest: {}, publisher: { isolation: 'Shared' } });
  expect(pod).not.toHaveProperty('hostUsers');
  expect(pod.securityContext.seccompProfile).toMatchObject({ type: 'Localhost' });
  expect(container.securityContext).not.toHaveProperty('procMount');
});

test('a publisher writes into the directory of its set', () => {
  expect(made().pod.volumes).toContainEqual({
    name: 'images',
    persistentVolumeClaim: { claimName: 'images' },
  });
  expect(arguments_({})).toMatch(/--directory=\/var\/lib\/glidein\/images /);
  const directory = { claimName: 'images', path: 'of/atlas' };
  expect(arguments_({ directory })).toMatch(/--directory=\/var\/lib\/glidein\/images\/of\/atlas /);
});

test('pull secrets are files that only the publisher can read, and are in no variable', () => {
  const { pod, container } = made({ imagePullSecrets: [{ name: 'harbor' }, { name: 'ghcr' }] });
  const sources = ['harbor', 'ghcr'].map((name) => ({
    secret: { name, items: [{ key: '.dockerconfigjson', path: `${name}/.dockerconfigjson` }] },
  }));
  expect(pod.volumes).toContainEqual({ name: 'pull-secrets', projected: { defaultMode: 0o440, sources } });
  expect(container.args).toContain('--credentials=/etc/glidein/pull-secrets');
  expect(JSON.stringify(container.env)).not.toMatch(/secret/i);
});

test('a publisher trusts the certificate authorities of its set', () => {
  const { pod, container } = made({ certificateAuthorities: { name: 'site-ca', key: 'bundle.pem' } });
  expect(pod.volumes).toContainEqual({
    name: 'authorities',
    configMap: { name: 'site-ca', defaultMode: 0o444, items: [{ key: 'bundle.pem', path: 'ca.crt' }] },
  });
  expect(container.env).toContainEqual({
    name: 'NODE_EXTRA_CA_CERTS',
    value: '/etc/glidein/authorities/ca.crt',
  });
});

test('the pod of a publisher has the image, the size and the node that its set asks for', () => {
  const toleration = {
    key: 'role',
    operator: 'Equal',
    value: 'io',
    effect: 'NoExecute',
    tolerationSeconds: 5,
  };
  const resources = { cpu: '2', memory: '2Gi', cpuLimit: '3' };
  const publisher = { image: 'a/b:c', resources, nodeSelector: { disk: 'fast' }, tolerations: [toleration] };
  const { pod, container } = made({ publisher });
  expect(container.image).toBe('a/b:c');
  expect(container.resources).toEqual({
    requests: { cpu: '2', memory: '2Gi' },
    limits: { cpu: '3', memory: '2Gi' },
  });
  expect(container.env).toContainEqual({ name: 'NODE_OPTIONS', value: '--max-old-space-size=512' });
  expect(pod.nodeSelector).toEqual({ disk: 'fast' });
  expect(pod.tolerations).toEqual([toleration]);
  expect(made().container.image).toBe('example.org/glidein:1');
});

test('the volume for layers holds those that are kept and those that are on their way', () => {
  const limits = { layerCache: '1Gi', imageSize: '2Gi', parallel: 3 };
  expect(made({ limits }).pod.volumes).toContainEqual({
    name: 'cache',
    emptyDir: { sizeLimit: String(7 * 2 ** 30) },
  });
});

test('the document of a publisher has every field of its set except those of its pod', () => {
  const set = imageSetOf('s', {
    images: [{ reference: 'debian:*', exclude: ['sid'] }],
    imagePullSecrets: [{ name: 'x' }],
  });
  const { data, metadata } = publisherDocument(set, set.spec, ['d1', 'd2']);
  const said = JSON.parse(data['image-set.json']) as object;
  expect(Object.keys(said).sort()).toEqual(
    Object.keys(imageSetFields)
      .filter((field) => set.spec[field as keyof typeof imageSetFields] !== undefined)
      .sort(),
  );
  expect(said).toMatchObject({ images: [{ reference: 'debian:*', exclude: ['sid'] }], paused: false });
  expect(metadata.ownerReferences).toMatchObject([{ kind: 'ImageSet', name: 's', uid: 'uid-s' }]);
  expect(data['metrics-tokens']).toBe('d1\nd2');
});
