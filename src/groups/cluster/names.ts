import { apiVersion } from '#api/resource.ts';
import type { KubeObject, OwnerReference } from '#kube/object.ts';

/** Labels of everything that the operator makes. */
export const labelOf = {
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  pool: 'glidein.dev/pool',
  imageSet: 'glidein.dev/image-set',
  group: 'glidein.dev/group',
  /** On a pool's pod: who may read its metrics; a PodMonitor selects by it. */
  metrics: 'glidein.dev/metrics',
} as const;

/** The value of `managed-by`; informers select by it, so that nobody else's pods are transferred. */
export const managedBy = 'glidein';

/** The service account that pilots run as, in the namespace of their pool. It has no rights. */
export const pilotAccount = 'glidein-pilot';

/** The Lease in each served namespace that says which installation of the operator serves it. */
export const namespaceLease = 'glidein-namespace';

/** The file with the digests of tokens that open metrics, beside what pools and publishers are told. */
export const digestFile = 'metrics-tokens';

/** The port of every embedded pool. */
export const poolPort = 9618;

/** Where an object is; everything that belongs to a pool is in the pool's namespace. */
export interface PoolKey {
  readonly namespace: string;
  readonly name: string;
}

/** The names of what the operator creates for a pool. Pilots mount some of it, so the names are part of the interface. */
export function poolNames({ namespace, name }: PoolKey) {
  const base = `${name}-pool`;
  return {
    statefulSet: base,
    pod: `${base}-0`,
    claim: `data-${base}-0`,
    service: base,
    /** The serving certificate, its key, and the authority's certificate as `ca.crt`. */
    tlsSecret: `${base}-tls`,
    /** The authority with its key. */
    authoritySecret: `${base}-ca`,
    /** The authority's certificate alone, for pilots. */
    authorityMap: `${base}-ca`,
    specMap: `${base}-spec`,
    host: `${base}.${namespace}.svc`,
    address: `https://${base}.${namespace}.svc:${poolPort}`,
    /** The `aud` of tokens for the pool. */
    audience: `glidein.dev/pool/${namespace}/${name}`,
  };
}

export type PoolNames = ReturnType<typeof poolNames>;

export function poolKey(pool: KubeObject): PoolKey {
  return { namespace: pool.metadata.namespace ?? '', name: pool.metadata.name };
}

export const poolLabels = (name: string) => ({
  [labelOf.managedBy]: managedBy,
  [labelOf.component]: 'pool',
  [labelOf.pool]: name,
});

/** The metadata of an object that belongs to a pool. */
export function ownedByPool(pool: KubeObject, name: string) {
  const { namespace, name: poolName } = poolKey(pool);
  return { name, namespace, labels: poolLabels(poolName), ownerReferences: [ownerOf('GlideinPool', pool)] };
}

/**
 * It does not block the owner's deletion: in clusters with OwnerReferencesPermissionEnforcement that would need the right
 * to set finalizers on owners, and nobody has to wait for the children.
 */
export function ownerOf(kind: 'GlideinPool' | 'ImageSet', { metadata }: KubeObject): OwnerReference {
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: false,
  };
}
