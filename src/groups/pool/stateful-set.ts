import { embeddedPool } from '#api/pool-types.ts';
import type { PersistentVolumeClaim, StatefulSet } from '#kube/resource.ts';
import { amount } from '#spec/fields.ts';
import {
  digestFile,
  labelOf,
  ownedByPool,
  poolKey,
  poolLabels,
  poolNames,
  poolPort,
} from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';
import type { SiteSettings, Variable } from '../cluster/site-settings.ts';
import { containerSecurity, volumePodSecurity } from '../pods/security.ts';

const directory = '/var/lib/glidein';
const tlsDirectory = '/etc/glidein/tls';
const specDirectory = '/etc/glidein/pool';

/** Seconds in which the pool finishes requests and closes its store. */
const graceSeconds = 60;

/** Seconds that a pool may read its store before it serves. */
const startSeconds = 1800;

/** What the resource asks for, with the defaults of an absent block. */
export const embeddedOf = (pool: PoolResource) => embeddedPool.parse(pool.spec.embedded ?? {});

/** The Secret with the certificate that the pool serves with. */
export const tlsSecretOf = (pool: PoolResource): string =>
  embeddedOf(pool).tls?.secretName ?? poolNames(poolKey(pool)).tlsSecret;

/**
 * One pod with one volume: the store has one writer. Its volume claim cannot change once it exists, so the existing one
 * is kept; {@link storageDrift} reports the difference.
 */
export function poolStatefulSet(
  pool: PoolResource,
  { image, tracing = [] }: Pick<SiteSettings, 'image' | 'tracing'>,
  existing: StatefulSet | undefined,
) {
  const names = poolNames(poolKey(pool));
  const labels = poolLabels(pool.metadata.name);
  const { storage } = embeddedOf(pool);
  return {
    metadata: ownedByPool(pool, names.statefulSet),
    spec: {
      replicas: 1,
      serviceName: names.service,
      selector: { matchLabels: labels },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: storage.whenDeleted, whenScaled: 'Retain' },
      template: {
        metadata: { labels: { ...labels, [labelOf.metrics]: embeddedOf(pool).metrics } },
        spec: podSpec(pool, image, tracing),
      },
      volumeClaimTemplates: [claim(pool, existing)],
    },
  };
}

/** How the existing StatefulSet's storage differs from what is wanted, in words; undefined if it does not. */
export function storageDrift(pool: PoolResource, existing: StatefulSet | undefined): string | undefined {
  if (existing === undefined) return undefined;
  const has = claim(pool, existing).spec;
  const wants = claim(pool, undefined).spec;
  // The server writes 1024Mi as 1Gi, and fills in the default class if none was wanted.
  const sameSize = bytes(has) === bytes(wants);
  const sameClass = wants.storageClassName === undefined || has.storageClassName === wants.storageClassName;
  const sameMode = has.accessModes[0] === wants.accessModes[0];
  if (sameSize && sameClass && sameMode) return undefined;
  const words = (spec: typeof has) =>
    `${spec.resources.requests.storage} of the storage class ${spec.storageClassName ?? '(default)'} as ${spec.accessModes[0]}`;
  return `the volume was made with ${words(has)}, but the resource asks for ${words(wants)}`;
}

const bytes = (spec: ReturnType<typeof claim>['spec']) => amount(spec.resources.requests.storage);

function claim(pool: PoolResource, existing: StatefulSet | undefined) {
  const made = existing?.spec?.volumeClaimTemplates?.[0]?.spec;
  return { metadata: { name: 'data' }, spec: made === undefined ? wantedClaim(pool) : madeClaim(pool, made) };
}

interface Claim {
  /** Locks of the store do not work across nodes, so the volume must not be shared either. */
  readonly accessModes: readonly string[];
  readonly resources: { readonly requests: { readonly storage: string } };
  readonly storageClassName?: string;
}

function wantedClaim(pool: PoolResource): Claim {
  const { size, accessMode, storageClassName } = embeddedOf(pool).storage;
  return {
    accessModes: [accessMode],
    resources: { requests: { storage: String(size) } },
    ...(storageClassName === undefined ? {} : { storageClassName }),
  };
}

/** What a StatefulSet was made with; what it does not say is taken to be as wanted. */
function madeClaim(pool: PoolResource, made: NonNullable<PersistentVolumeClaim['spec']>): Claim {
  const wanted = wantedClaim(pool);
  const { accessModes, resources, storageClassName } = made;
  return {
    accessModes: accessModes ?? wanted.accessModes,
    resources: { requests: { storage: resources?.requests?.storage ?? wanted.resources.requests.storage } },
    ...(storageClassName === undefined ? {} : { storageClassName }),
  };
}

function podSpec(pool: PoolResource, image: string, tracing: readonly Variable[]) {
  const names = poolNames(poolKey(pool));
  return {
    ...volumePodSecurity(),
    terminationGracePeriodSeconds: graceSeconds,
    containers: [container(pool, image, tracing)],
    volumes: [
      { name: 'tls', secret: { secretName: tlsSecretOf(pool), defaultMode: 0o440 } },
      { name: 'spec', configMap: { name: names.specMap, defaultMode: 0o444 } },
      { name: 'tmp', emptyDir: {} },
    ],
  };
}

function container(pool: PoolResource, image: string, tracing: readonly Variable[]) {
  const { resources, jobLease, metrics } = embeddedOf(pool);
  const memory = String(resources.memory);
  const cpuLimit = resources.cpuLimit === undefined ? {} : { cpu: String(resources.cpuLimit) };
  return {
    name: 'pool',
    image,
    args: [
      'glidein-pool',
      `--directory=${directory}`,
      '--host=0.0.0.0',
      `--port=${poolPort}`,
      `--tls-directory=${tlsDirectory}`,
      `--spec=${specDirectory}/pool.json`,
      `--lease=${jobLease}`,
      `--metrics=${metrics}`,
    ],
    // Node.js takes a quarter of the container's memory by default; what the pool acknowledges has to fit.
    env: [
      { name: 'NODE_OPTIONS', value: `--max-old-space-size=${heapMegabytes(memory)}` },
      // Not a flag: an older pool, if the resource names its image, would not start.
      { name: 'GLIDEIN_POOL_METRICS_TOKENS', value: `${specDirectory}/${digestFile}` },
      ...tracing,
    ],
    ports: [{ name: 'https', containerPort: poolPort, protocol: 'TCP' }],
    resources: { requests: { cpu: String(resources.cpu), memory }, limits: { ...cpuLimit, memory } },
    securityContext: containerSecurity('Shared'),
    startupProbe: { ...probe('/healthz'), periodSeconds: 2, failureThreshold: startSeconds / 2 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 20, failureThreshold: 6 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 5 },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'data', mountPath: directory },
      { name: 'tls', mountPath: tlsDirectory, readOnly: true },
      { name: 'spec', mountPath: specDirectory, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

/** The heap's share of the container's memory; the rest is for the store's thread, buffers and the program itself. */
const heapShare = 0.65;

const heapMegabytes = (memory: string): number => Math.floor((heapShare * amount(memory)) / 2 ** 20);

const probe = (path: string) => ({ httpGet: { path, port: 'https', scheme: 'HTTPS' }, timeoutSeconds: 10 });
