import type { ImageSetResourceSpec } from '#api/image-set.ts';
import { amount } from '#spec/fields.ts';
import { digestFile } from '../cluster/names.ts';
import type { ImageSetResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import { containerSecurity, podSecurity, volumePodSecurity } from '../pods/security.ts';
import { ownedBySet, publisherLabels, publisherNames, publisherPort } from './names.ts';

/** Where the publisher finds what it is given. */
const places = {
  images: '/var/lib/glidein/images',
  cache: '/var/cache/glidein',
  spec: '/etc/glidein/set',
  token: '/etc/glidein/token',
  credentials: '/etc/glidein/pull-secrets',
  authorities: '/etc/glidein/authorities',
} as const;

/** Seconds in which the publisher gives up what it has begun; a started image is begun anew. */
const graceSeconds = 30;

/** Seconds that a publisher may read its directory before it serves. */
const startSeconds = 600;

/**
 * One pod, and never two at a time, because a directory has one writer: that is what a StatefulSet promises and a
 * Deployment does not, not even while a node is away.
 * @param replicas 0 for a set that must not write now
 */
export function publisherStatefulSet(
  set: ImageSetResource,
  spec: ImageSetResourceSpec,
  settings: Pick<SiteSettings, 'image' | 'seccompProfile'>,
  replicas: 0 | 1,
) {
  const { statefulSet } = publisherNames(set);
  const labels = publisherLabels(set.metadata.name);
  return {
    metadata: ownedBySet(set, statefulSet),
    spec: {
      replicas,
      serviceName: statefulSet,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(set, spec, settings) },
    },
  };
}

/**
 * The restricted Pod Security standard, because unpacking needs no rights: all files belong to one user. Only Apptainer, which
 * smoke tests run, needs those that a pilot has.
 */
function podSpec(
  set: ImageSetResource,
  spec: ImageSetResourceSpec,
  settings: Pick<SiteSettings, 'image' | 'seccompProfile'>,
) {
  const { publisher, smokeTest } = spec;
  const tested =
    smokeTest === undefined ? undefined : podSecurity(publisher.isolation, settings, 'Apptainer');
  return {
    ...tested,
    ...volumePodSecurity(tested?.securityContext.seccompProfile),
    terminationGracePeriodSeconds: graceSeconds,
    nodeSelector: publisher.nodeSelector,
    tolerations: publisher.tolerations as object[],
    containers: [container(set, spec, settings)],
    volumes: volumes(set, spec),
  };
}

function container(set: ImageSetResource, spec: ImageSetResourceSpec, settings: Pick<SiteSettings, 'image'>) {
  const { publisher, directory, smokeTest, certificateAuthorities: authorities } = spec;
  const { cpu, cpuLimit } = publisher.resources;
  const memory = String(publisher.resources.memory);
  const limits = { ...(cpuLimit === undefined ? {} : { cpu: String(cpuLimit) }), memory };
  return {
    name: 'publisher',
    image: publisher.image ?? settings.image,
    // Apptainer leaves children of children behind; tini reaps them, whatever the image's entrypoint is.
    command: ['/usr/bin/tini', '--', 'glidein-publisher'],
    args: [
      `--name=${set.metadata.name}`,
      `--spec=${places.spec}/image-set.json`,
      `--directory=${directory.path === '' ? places.images : `${places.images}/${directory.path}`}`,
      `--layers=${places.cache}`,
      '--host=0.0.0.0',
      `--port=${publisherPort}`,
      `--token-file=${places.token}/token`,
      ...(spec.imagePullSecrets.length === 0 ? [] : [`--credentials=${places.credentials}`]),
    ],
    env: [
      { name: 'HOME', value: '/tmp' },
      // Not a flag: an older publisher, if the set names its image, would not start.
      { name: 'GLIDEIN_PUBLISHER_METRICS_TOKENS', value: `${places.spec}/${digestFile}` },
      // Images are expanded in processes of their own, which have the rest.
      { name: 'NODE_OPTIONS', value: `--max-old-space-size=${heapMegabytes(memory)}` },
      ...(authorities === undefined
        ? []
        : [{ name: 'NODE_EXTRA_CA_CERTS', value: `${places.authorities}/ca.crt` }]),
    ],
    ports: [{ name: 'http', containerPort: publisherPort, protocol: 'TCP' }],
    resources: { requests: { cpu: String(cpu), memory }, limits },
    securityContext:
      smokeTest === undefined ? containerSecurity('Shared') : containerSecurity(publisher.isolation),
    startupProbe: { ...probe('/healthz'), periodSeconds: 1, failureThreshold: startSeconds },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 20, failureThreshold: 6 },
    readinessProbe: { ...probe('/healthz'), periodSeconds: 5 },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'images', mountPath: places.images },
      { name: 'cache', mountPath: places.cache },
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'spec', mountPath: places.spec, readOnly: true },
      { name: 'token', mountPath: places.token, readOnly: true },
      ...(spec.imagePullSecrets.length === 0
        ? []
        : [{ name: 'pull-secrets', mountPath: places.credentials, readOnly: true }]),
      ...(authorities === undefined
        ? []
        : [{ name: 'authorities', mountPath: places.authorities, readOnly: true }]),
    ],
  };
}

function volumes(set: ImageSetResource, spec: ImageSetResourceSpec) {
  const { tokenSecret, specMap } = publisherNames(set);
  const { directory, imagePullSecrets, certificateAuthorities: authorities, limits } = spec;
  // What is kept, and what is on its way.
  const cache = amount(limits.layerCache) + limits.parallel * amount(limits.imageSize);
  return [
    { name: 'images', persistentVolumeClaim: { claimName: directory.claimName } },
    { name: 'cache', emptyDir: { sizeLimit: String(Math.ceil(cache)) } },
    { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
    { name: 'spec', configMap: { name: specMap, defaultMode: 0o444 } },
    { name: 'token', secret: { secretName: tokenSecret, defaultMode: 0o440 } },
    ...(imagePullSecrets.length === 0
      ? []
      : [
          {
            name: 'pull-secrets',
            projected: { defaultMode: 0o440, sources: imagePullSecrets.map(pullSecret) },
          },
        ]),
    ...(authorities === undefined
      ? []
      : [
          {
            name: 'authorities',
            configMap: {
              name: authorities.name,
              defaultMode: 0o444,
              items: [{ key: authorities.key, path: 'ca.crt' }],
            },
          },
        ]),
  ];
}

const pullSecret = ({ name }: { readonly name: string }) => ({
  secret: { name, items: [{ key: '.dockerconfigjson', path: `${name}/.dockerconfigjson` }] },
});

/** The share of the container's memory that the publisher's own heap may have. */
const heapShare = 0.25;

const heapMegabytes = (memory: string): number => Math.floor((heapShare * amount(memory)) / 2 ** 20);

const probe = (path: string) => ({ httpGet: { path, port: 'http' }, timeoutSeconds: 10 });
